package pipeline

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/window"
)

// Findings is the result of a check.
type Findings struct {
	// Leaks holds the leaks, each with its owner.
	Leaks []Attributed
	// Void means that the test gets no verdict.
	Void bool
	// Parked means that another check judges what this one shares with it.
	Parked bool
	// Notes say what could not be judged.
	Notes []Note
	// Settled is how long the check waited in vain, 0 if it did not wait.
	Settled time.Duration

	kinds []string // in the order of the probes
}

// Of returns the leaks of some owners, grouped and in order.
func (f Findings) Of(whose ...window.Whose) []probe.Leak {
	if len(f.Leaks) == 0 { // as in a passing check
		return nil
	}
	var leaks []probe.Leak
	for _, l := range f.Leaks {
		if slices.Contains(whose, l.Whose) {
			leaks = append(leaks, l.Leak)
		}
	}
	return probe.Group(leaks, f.kinds)
}

// A Note says in one line what could not be judged.
type Note struct {
	Text string
	// Fault says that something was not checked at all.
	Fault bool
}

// add attributes leaks that p has seen and c judges.
func (f *Findings) add(c, p *Check, leaks Explained) {
	if len(leaks) == 0 {
		return
	}
	f.kinds = c.kinds()
	overlapped := checks.Window(p.Member)
	beside := sync.OnceValue(func() []string { return unchecked(c.Member) })
	for _, l := range leaks {
		facts := window.Facts{
			Certain: l.Owned, Stray: l.Stray, Evidence: l.Tests, Callable: l.Callable,
			Judge: c.Member, Of: p.Member, Window: overlapped,
			Running: func(tests []string) bool {
				return checks.Running(tests) || slices.ContainsFunc(beside(), func(t string) bool { return slices.Contains(tests, t) })
			},
		}
		if !c.Runner { // a fake t has another name than the test that uses it
			facts.Evidence = names.Known(l.Tests)
		}
		if !l.Owned && len(facts.Evidence) == 0 {
			facts.Beside = beside()
		}
		left := ""
		if l.Recurs != "" && !l.Owned && len(facts.Evidence) == 0 {
			left = leftBy(c.Member)
			facts.Stray = facts.Stray || left != ""
		}
		a := Attributed{l, window.Attribute(facts)}
		if l.NeedsProof && !l.Proven {
			a.Whose, a.Doubt = window.Nobody, "a goroutine that is not the test's has started it and may use it again"
		}
		if left != "" {
			a.Stray = true
			a.Doubt = left + " has left a goroutine, and " + l.Recurs
			a.Evidence = append(slices.Clip(l.Evidence), probe.Evidence{Label: "beside", Columns: []string{"a goroutine that " + left + " has left, while " + l.Recurs}})
		}
		if a.Whose == window.Nobody && len(facts.Beside) > 0 && !l.Stray {
			a.Doubt = strings.Join(facts.Beside, ", ") + " runs at the same time, has no check, and may hold it"
		}
		a.Leak.Tests = slices.DeleteFunc(slices.Clone(a.Owner.Tests), func(test string) bool { return test == "" }) // the suite has no name
		f.Leaks = append(f.Leaks, a)
	}
}

// note adds p's notes, each once. The notes of a parked check come with its own findings and again
// with those of the check that judges it.
func (f *Findings) note(p *Check, notes []Note) {
	for _, n := range notes {
		if !slices.Contains(p.told, n.Text) && !slices.Contains(f.Notes, n) {
			f.Notes = append(f.Notes, n)
		}
		p.told = append(p.told, n.Text)
	}
}

// A check's leaks pass through three types. Each is made from the one before it and then never
// changed:
//
//	Found ─explain▶ Explained ─attribute▶ Attributed ─▶ report
//
// A leak is attributed after it is explained, because its evidence can name a test.

// Found holds leaks as a look found them. Their kinds, keys, origins and certain owners are fixed.
type Found []probe.Leak

// Explained holds leaks with the evidence that their watches have added.
type Explained []probe.Leak

// An Attributed is a leak with its owner. Its Tests are those that the owner names.
type Attributed struct {
	probe.Leak
	window.Owner
}

// seen marks leaks with the number of their watch and fixes their origins.
func seen(leaks []probe.Leak, watch int) []probe.Leak {
	for i := range leaks {
		leaks[i].From = watch
		leaks[i].FixOrigin()
	}
	return leaks
}

// from returns the leaks that the watch with a number has found.
func from(watch int, all Found) Found {
	return slices.DeleteFunc(slices.Clone(all), func(l probe.Leak) bool { return l.From != watch })
}
