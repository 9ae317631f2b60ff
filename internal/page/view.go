package page

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/leakassert/leakassert/leaktest/finding"
)

// Bounds of one finding on a page.
const (
	mostItems  = 50  // of a list
	mostFrames = 100 // of a stack
	mostStacks = 20
)

// A view is what finding.html shows of a finding. Its texts are printable and clipped.
type view struct {
	Number   int
	Kind     string
	Text     string
	Flags    []string
	Facts    []fact
	Evidence []evidence
	Source   *snippet
	Stacks   []stack
	Tree     []*node
	Plot     *plot
	Changes  []change
	More     string // what was left out
}

// A fact is one thing about a finding, with what else belongs to it.
type fact struct{ Name, Text, Code string }

type evidence struct{ Label, Text string }

type stack struct {
	Title  string
	Frames []frame
}

type frame struct{ Func, Site string }

// A change is one row of a table of values before and after.
type change struct{ Name, Before, After, What string }

// viewOf returns the view of a finding. What it lacks is not shown, or said.
func viewOf(f finding.Finding, number int, src *sources) view {
	text := strings.TrimSpace(strings.TrimPrefix(f.Text, f.Kind+" ")) // the kind is beside it
	v := view{Number: number, Kind: shown(f.Kind), Text: shown(cmp.Or(text, f.Fingerprint))}
	var left []string
	leave := func(more int, what string) {
		if more > 0 {
			left = append(left, fmt.Sprintf("%d %s", more, what))
		}
	}
	flag := func(is bool, text string) {
		if is {
			v.Flags = append(v.Flags, text)
		}
	}
	flag(f.Kind == "", "its kind is not known")
	flag(v.Text == "", "the finding has no text")
	flag(f.Proven, "proven: it can't go away any more")
	flag(f.Forgotten, "forgotten: only the garbage collector has released it")
	flag(f.SeenDuring, "an earlier test may have caused it")
	flag(f.Warned, "a warning: it failed no test")
	v.facts(f)
	var told []finding.Evidence
	dropped := false
	for _, e := range f.Evidence {
		if dropped = elsewhere(f, e) || e.Label == "" && dropped; !dropped { // without a label it continues the line above
			told = append(told, e)
		}
	}
	v.Evidence = evidenceOf(told)
	leave(len(told)-len(v.Evidence), "lines of evidence")
	if v.Source = src.around(f, f.Place); v.Source == nil {
		if of := src.around(f, f.TestPlace); of != nil {
			v.Source = new(*of)
			v.Source.OfTest = true
		}
	}
	var more int
	for _, s := range f.Stacks[:min(mostStacks, len(f.Stacks))] {
		v.Stacks = append(v.Stacks, stackOf(s))
		more += max(0, len(s.Frames)-mostFrames)
	}
	leave(len(f.Stacks)-len(v.Stacks), "stacks")
	leave(more, "calls of stacks")
	v.Tree = treeOf(f)
	leave(len(f.Holder)-mostItems, "ways to what holds it")
	if f.Growth != nil {
		if v.Plot = plotOf(*f.Growth, shown(f.Unit)); v.Plot != nil {
			leave(v.Plot.More, "rounds")
		}
	}
	v.Changes, more = first(mostFrames, f.Changes, changeOf)
	leave(more, "rows of the table")
	v.More = strings.Join(left, ", ")
	return v
}

func (v *view) facts(f finding.Finding) {
	add := func(name, text, code string) {
		if text != "" || code != "" {
			v.Facts = append(v.Facts, fact{name, shown(text), shown(code)})
		}
	}
	place := func(name string, at *finding.Frame) {
		if at != nil && *at != (finding.Frame{}) {
			add(name, at.Func, siteOf(*at))
		}
	}
	count := fmt.Sprintf("%d × %s", f.Count, cmp.Or(f.Unit, "unit not known"))
	if f.Bytes != 0 {
		count += fmt.Sprintf(", %d bytes", f.Bytes)
	}
	add("Count", count, "")
	place("Place", f.Place)
	for _, c := range []struct {
		name string
		at   *finding.Frame
	}{{"Created by", f.CreatedBy}, {"Opened by", f.Opener}} {
		if f.Place == nil || c.at == nil || *c.at != *f.Place {
			place(c.name, c.at)
		}
	}
	place("Test", f.TestPlace)
	if len(f.Tests) > 0 {
		name := "By one of"
		if f.SeenDuring {
			name = "Seen during"
		}
		tests, more := first(mostItems, f.Tests, shown)
		text := strings.Join(tests, ", ")
		if more > 0 {
			text += fmt.Sprintf(" and %d more", more)
		}
		v.Facts = append(v.Facts, fact{Name: name, Text: text})
	}
	if g := f.Growth; g != nil {
		unit := cmp.Or(f.Grows, "round")
		text := fmt.Sprintf("%.4g × %s", g.PerUnit, cmp.Or(f.Unit, "unit not known"))
		if g.BytesPerUnit != 0 {
			text += fmt.Sprintf(" and %.4g bytes", g.BytesPerUnit)
		}
		text += " for each " + unit
		if g.Units > 0 {
			text += fmt.Sprintf(", over %d", g.Units)
		}
		add("Growth", text, "")
	}
	add("Usual cause", f.Cause, "")
	add("Program", f.Program, "")
	add("Fingerprint", "", f.Fingerprint)
}

// elsewhere reports whether the page shows a line of evidence in another form.
func elsewhere(f finding.Finding, e finding.Evidence) bool {
	switch e.Label {
	case "stack":
		return slices.ContainsFunc(f.Stacks, func(s finding.Stack) bool { return len(s.Frames) > 0 })
	case "held by", "kept by":
		return slices.Contains(f.Holder[:min(mostItems, len(f.Holder))], strings.Join(e.Columns, "  "))
	case "stats":
		return len(f.Changes) > 0
	case "suspect", "retains":
		return f.Suspect != ""
	}
	return false
}

func evidenceOf(all []finding.Evidence) (some []evidence) {
	for _, e := range all[:min(mostItems, len(all))] {
		columns := e.Columns[:min(mostItems, len(e.Columns))]
		some = append(some, evidence{shown(e.Label), shown(strings.Join(columns, "  "))})
	}
	return some
}

func stackOf(s finding.Stack) stack {
	calls := "1 call"
	if n := len(s.Frames); n != 1 {
		calls = fmt.Sprintf("%d calls", n)
	}
	title := shown(cmp.Or(s.Text, s.Kind, "kind not known"))
	if s.Text == "" && s.Kind != "goroutine" && s.Kind != "" {
		title += ", acquired here"
	}
	all := stack{Title: title + ": " + calls}
	all.Frames, _ = first(mostFrames, s.Frames, func(f finding.Frame) frame {
		return frame{shown(cmp.Or(f.Func, "function not known")), shown(siteOf(f))}
	})
	if s.CreatedBy != nil {
		all.Frames = append(all.Frames, frame{"created by " + shown(s.CreatedBy.Func), shown(siteOf(*s.CreatedBy))})
	}
	return all
}

// siteOf returns where a call is, or what is not known of it.
func siteOf(f finding.Frame) string {
	switch {
	case f.File == "":
		return "file not known"
	case f.Line <= 0:
		return f.File + ", line not known"
	}
	return f.Site()
}

func changeOf(c finding.Change) change {
	what := "changed"
	before, err1 := strconv.ParseInt(c.Before, 10, 64)
	after, err2 := strconv.ParseInt(c.After, 10, 64)
	switch {
	case c.Before == c.After:
		what = "same"
	case c.Before == "":
		what = "new"
	case c.After == "":
		what = "gone"
	case err1 == nil && err2 == nil:
		what = fmt.Sprintf("%+.0f", float64(after)-float64(before))
	}
	return change{shown(c.Name), shown(c.Before), shown(c.After), what}
}
