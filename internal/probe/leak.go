package probe

import "github.com/leakassert/leakassert/internal/goroutine"

// Frame is one call of a stack.
type Frame = goroutine.Frame

// A Leak is a resource acquired during the body and still held after the body
// has returned, the cleanups registered after the check have run, and the
// settle time has passed; or Count of them that look the same.
type Leak struct {
	Kind string // as in Probe.Kind
	// ID is the identity of the single resource, such as a goroutine's number;
	// unique within the kind.
	ID string
	// Count is how many resources this is; 0 means 1.
	Count int64
	// Bytes is how much memory they take, for kinds that are counted by it, too.
	Bytes int64
	// Unit is what one of them is called in the summary, "goroutine"; Units is
	// more than one of them, by default Unit with an s.
	Unit, Units string
	// Names tell apart what looks the same: the numbers of descriptors. In a
	// group they are those of all that it stands for.
	Names []string
	// Columns are what the finding's line says after the count: what it is and
	// where it stands.
	Columns []string
	// Evidence is what is known of it, a line each.
	Evidence []Evidence
	// Proven means that it can't go away any more: it isn't waited for.
	Proven bool
	// Forgotten means that it is gone by now, and only because the garbage
	// collector has run.
	Forgotten bool
	// Origin is what stays the same of leaks that come again and again from one
	// place, if the stack does not tell: the folder of a file, not its name.
	Origin string
	// Traceable is what a trace would tell of the leak, for a report without one:
	// "whole stacks".
	Traceable string
	// Resource is the probe's own description of the resource, for filters: of a
	// descriptor an fdassert.FD.
	Resource any
	// Owned means that it is this check's own for certain, also when other
	// checks overlap it in time.
	Owned bool
	// Stray means that it may come from an earlier test, although it was first
	// seen in this one's window.
	Stray bool
	// Tests are the names of tests that the evidence points at.
	Tests []string
	// Callable says that those are functions which another test may have called: when
	// none of them runs it has.
	Callable bool
	// Frames is the stack that holds the resource or acquired it, innermost
	// frame first; CreatedBy is the call that started it.
	Frames    []Frame
	CreatedBy Frame

	from int // the watch that found it, as a number in its check
}

// Evidence is one thing known about a leak: "created by", "proven", "opened".
type Evidence struct {
	Label   string
	Columns []string
}

// N is how many resources the leak stands for, at least 1.
func (l Leak) N() int64 { return max(l.Count, 1) }

// key is the identity of the leak among all kinds.
func (l Leak) key() string { return l.Kind + " " + l.ID }

// HasFunc reports whether a frame of the leak's stack satisfies match.
func (l Leak) HasFunc(match func(name string) bool) bool {
	for _, f := range l.Frames {
		if match(f.Func) {
			return true
		}
	}
	return false
}
