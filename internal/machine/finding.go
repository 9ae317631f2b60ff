package machine

import (
	"math"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/fingerprint"
	"github.com/leakassert/leakassert/internal/hint"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
	"github.com/leakassert/leakassert/internal/source"
	"github.com/leakassert/leakassert/leaktest/finding"
)

// findings returns the leaks of a report as findings.
func findings(e Exit, r report.Report, leaks []probe.Leak, text string) []finding.Finding {
	heading, _, _ := strings.Cut(text, "\n")
	pkg, module := names.TestedPackage()
	all := make([]finding.Finding, len(leaks))
	var lines source.Lines
	for i, l := range leaks {
		f := of(l)
		f.Test, f.Program, f.Warned = e.Test, r.Program, e.Warned
		f.Package, f.Module, f.Root = pkg, module, names.ModuleRoot()
		f.TestPlace = frame(e.Place)
		f.Cause = hint.Of(l, leaks, &lines)
		f.Grows, f.Notes, f.Heading = r.Grows, r.Notes, heading
		all[i] = f
	}
	return all
}

// of returns a leak as a finding, without what its report adds.
func of(l probe.Leak) finding.Finding {
	f := finding.Finding{
		Version: finding.Version, Kind: l.Kind, Fingerprint: fingerprint.Of(l),
		Tests: slices.Sorted(slices.Values(l.Tests)), SeenDuring: l.Stray,
		Place: place(l), Stacks: stacks(l), CreatedBy: frame(l.CreatedBy),
		Columns: l.Columns, Names: l.Names,
		Count: l.N(), Unit: l.Unit, Bytes: l.Bytes, Proven: l.Proven, Forgotten: l.Forgotten,
		Growth: growth(l.Growth), Retained: l.Retained,
	}
	if f.Unit == "" {
		f.Unit = l.Kind
	}
	for _, c := range l.Changes {
		f.Changes = append(f.Changes, finding.Change(c))
	}
	for _, e := range l.Evidence {
		f.Evidence = append(f.Evidence, finding.Evidence{Label: e.Label, Columns: e.Columns})
		switch e.Label {
		case "opened":
			f.Opener = call(l.Frames, e.Columns)
		case "held by", "kept by":
			f.Holder = append(f.Holder, strings.Join(e.Columns, "  "))
			if len(e.Way) > 0 {
				f.Ways = append(f.Ways, way(e.Way))
			}
		case "suspect":
			f.Suspect = first(e.Columns)
		}
	}
	if first(l.Columns) == "suspect" {
		f.Suspect = first(l.Columns[1:])
	}
	l.Tests = nil // they have a field of their own
	f.Text = report.Line(l)
	return f
}

func first(columns []string) string {
	if len(columns) == 0 {
		return ""
	}
	return columns[0]
}

func way(steps []probe.Step) (w finding.Way) {
	for _, s := range steps {
		w.Steps = append(w.Steps, finding.Step(s))
	}
	return w
}

// stacks returns the stack of a leak, and those of the leaks that belong to it.
func stacks(l probe.Leak) (all []finding.Stack) {
	if len(l.Frames) > 0 {
		all = append(all, finding.Stack{Kind: l.Kind, Frames: frames(l.Frames), CreatedBy: frame(l.CreatedBy)})
	}
	for _, p := range l.Parts {
		all = append(all, finding.Stack{Kind: p.Kind, Text: report.Line(p), Count: p.N(), Frames: frames(p.Frames), CreatedBy: frame(p.CreatedBy)})
	}
	return all
}

func frames(stack []probe.Frame) (all []finding.Frame) {
	for _, f := range stack {
		all = append(all, *frame(f))
	}
	return all
}

// growth returns how much grows, nil if that is no number.
func growth(g *probe.Growth) *finding.Growth {
	number := func(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }
	if g == nil || !number(g.PerUnit) || !number(g.BytesPerUnit) {
		return nil
	}
	all := &finding.Growth{PerUnit: g.PerUnit, BytesPerUnit: g.BytesPerUnit, Units: g.Units, Rounds: g.Rounds}
	for _, r := range g.Heap {
		all.Heap = append(all.Heap, finding.HeapRound(r))
	}
	return all
}
