package probe

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/stored"
)

// Frame is one call of a stack.
type Frame = goroutine.Frame

// A Leak is a resource acquired during the body and still held after the body has returned, the
// cleanups registered after the check have run, and the settle time has passed. It may stand for
// Count resources that look the same. leaktest.Leak documents the fields that it shares.
type Leak struct {
	Kind        string
	ID          string
	Count       int64
	Bytes       int64
	Unit, Units string
	Names       []string
	Columns     []string
	Evidence    []Evidence
	Proven      bool
	Forgotten   bool
	Origin      string
	Owned       bool
	Tests       []string
	Frames      []Frame
	CreatedBy   Frame
	Resource    any // for a descriptor, a procfd.FD

	// Places says where the leak comes from, the same in every run and every build: see package
	// fingerprint. A group has the places of all that it stands for. Probes fill it in when they
	// explain a leak.
	Places []Place

	// Part says that the leak belongs to another leak, which is a Whole, and names its sort: a
	// goroutine belongs to the descriptor of a connection. Join fills in the Parts.
	Part  string
	Whole bool
	Parts []Leak
	// Traceable names what only a trace shows about the leak: "stacks".
	Traceable string
	// Stray means that it may come from an earlier test, although it was first seen in this
	// test's window.
	Stray bool
	// Doubt says why this test may not have acquired it, although no other test is known to:
	// "others like it keep starting …".
	Doubt string
	// Recurs says that others like it keep being acquired after the test's body: "others like it
	// keep being opened". So the goroutine of an earlier test may have acquired it.
	Recurs string
	// NeedsProof says that it counts only if it is Proven: a pool may keep it for later.
	NeedsProof bool
	// Alike says that other leaks may look the same, as nothing shows where it was acquired.
	Alike bool
	// Callable says that other tests may have called the functions in Tests. If none of those
	// tests runs, another test has.
	Callable bool
	// Holders are the variables, types and fields that are known to hold it.
	Holders []string
	// Stores is what holds it, as the source has it: a container, a variable or a field. It is nil
	// where that is not known.
	Stores *stored.Container
	// Retained is the retained size of the suspect that holds it, in bytes. It is 0 where there is
	// none.
	Retained int64
	// From is the number of the watch in its check that found the leak.
	From int

	// Growth is how much grows, if the check followed growth.
	Growth *Growth
	// Changes are values before and after the check, for a table.
	Changes []Change
}

// Growth is how much grows with each iteration of a body or run of a suite: finding.Growth
// documents the fields.
type Growth struct {
	PerUnit, BytesPerUnit float64
	Units                 int64
	Rounds                []int64
	Heap                  []HeapRound
}

// A HeapRound is the growth of the whole heap in a round: finding.HeapRound documents the fields.
type HeapRound struct{ Iterations, Objects, Bytes int64 }

// A Change is a value before and after a check, "" if there was none.
type Change struct{ Name, Before, After string }

// Evidence is one thing known about a leak: "created by", "proven", "opened".
type Evidence struct {
	Label   string
	Columns []string
	// Call is the call that the columns name. It is zero if they name none, or one that only may
	// have been it.
	Call CallSite
	// Way is the way to the resource that the columns name, step by step. It is nil if they name
	// none.
	Way []Step
}

// A Step is one step of the way to an object: finding.Step documents the fields.
type Step struct {
	Text     string
	Retained int64
}

// A CallSite is a frame and what it calls. A report shows its line of source.
type CallSite struct {
	Frame
	Callee string // "" if it is not known
	Go     bool   // it is a go statement
}

// CallOn returns the call at a frame of a stack, whose innermost frame is the first.
func CallOn(stack []Frame, at Frame) CallSite {
	c := CallSite{Frame: at}
	if i := slices.Index(stack, at); i > 0 {
		c.Callee = stack[i-1].Func
	}
	return c
}

// AddEvidence adds one line of evidence.
func (l *Leak) AddEvidence(label string, columns ...string) {
	l.Evidence = append(l.Evidence, Evidence{Label: label, Columns: columns})
}

// AddWay adds one line of evidence that says on which way the resource is held.
func (l *Leak) AddWay(label, text string, way []Step) {
	l.Evidence = append(l.Evidence, Evidence{Label: label, Columns: []string{text}, Way: way})
}

// AddCall adds one line of evidence that names a call.
func (l *Leak) AddCall(label string, c CallSite) {
	l.Evidence = append(l.Evidence, Evidence{Label: label, Columns: names.Call(c.Frame), Call: c})
}

// A Place is where N resources come from.
type Place struct {
	At string
	N  int64
}

// SetPlace sets the only place of a leak.
func (l *Leak) SetPlace(at string) { l.Places = []Place{{at, l.N()}} }

// MergePlaces adds up what comes from one place. The places are in the order in which each came first.
// Groups gather the places of all that they stand for, of thousands perhaps, and merge them once.
func MergePlaces(all []Place) (merged []Place) {
	if len(all) < 2 {
		return all
	}
	at := make(map[string]int)
	for _, p := range all {
		i, seen := at[p.At]
		if !seen {
			at[p.At] = len(merged)
			merged = append(merged, p)
			continue
		}
		merged[i].N += p.N
	}
	return merged
}

// N returns how many resources the leak stands for, at least 1.
func (l Leak) N() int64 { return max(l.Count, 1) }

// Key returns an identity of the leak that is unique among all kinds.
func (l Leak) Key() string { return l.Kind + " " + l.ID }

// HasFunc reports whether a frame of the leak's stack satisfies match.
func (l Leak) HasFunc(match func(name string) bool) bool {
	return slices.ContainsFunc(l.Frames, func(f Frame) bool { return match(f.Func) })
}

// FixOrigin fills in the origin of a leak whose probe gave none, from the stack that acquired it. A
// goroutine's origin is where it was started and with which function, not where it is now. Without
// a stack all leaks of one unit have the same origin.
func (l *Leak) FixOrigin() {
	if l.Origin != "" {
		return
	}
	var b strings.Builder
	at := func(f Frame) { fmt.Fprintf(&b, "%s %s:%d\n", f.Func, f.File, f.Line) }
	switch {
	case l.CreatedBy.Func != "" && len(l.Frames) > 0:
		b.WriteString(l.Frames[len(l.Frames)-1].Func + "\n")
		at(l.CreatedBy)
	case len(l.Frames) > 0:
		for _, f := range l.Frames {
			at(f)
		}
	default:
		b.WriteString(l.Unit)
	}
	l.Origin = b.String()
}
