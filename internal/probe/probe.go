// Package probe defines what all kinds of resources share: a [Probe] takes a snapshot of one kind,
// a [Watch] compares it with the present, and a [Leak] is what it finds.
//
//	snapshot ─▶ body ─▶ settle ─▶ diff ─▶ explain ─▶ report
//
// Package pipeline runs these steps and knows nothing of kinds.
package probe

import "context"

// A Probe watches one kind of resource, like a leaktest.Probe, but on the goroutine of the test.
type Probe interface {
	Kind() string
	Start(Scope) (Watch, error)
}

// A Watch is one snapshot, ready to be compared with the present: see leaktest.Watch.
type Watch interface {
	Grown() ([]Leak, error)
	Explain([]Leak) []Leak
	Stop()
}

// Nothing is a watch that finds nothing.
type Nothing struct{}

func (Nothing) Grown() ([]Leak, error)      { return nil, nil }
func (Nothing) Explain(leaks []Leak) []Leak { return leaks }
func (Nothing) Stop()                       {}

// A Scope describes a check to its probes.
type Scope struct {
	ID   uint64 // unique in the process; 0 outside of tests
	Test string // the test's name; "" outside of tests
	// By is the package that requested the check, "" for the check that Main begins.
	By string
	// FromStart says that the check began before any code of the test ran.
	FromStart bool
	// Runner says that the test has a goroutine that runs nothing else: the test is a
	// *testing.T.
	Runner bool
	// ToEnd says that the check lasts until the cleanups of its test.
	ToEnd bool
	// Paused is how many whole tests were active when the check of a whole test began.
	Paused int
	// Parallel is true when the test has called t.Parallel. It is nil if that is not known.
	Parallel *bool
	// Suite says that the check is the one around all tests of a package.
	Suite bool
	// Outside says that no goroutine belongs to the check, as in a snapshot outside of tests.
	// Everything new counts.
	Outside bool
	// Borrows says that everything new belongs to the check around this one, if the same test
	// has one. This check only follows how much there is.
	Borrows bool
	// Context is the test's context, if it has one. It is done when the cleanups begin.
	Context context.Context
	// Active reports whether the check with an ID has not ended. It is nil outside of tests.
	Active func(id uint64) bool
	// Trace asks for all evidence, whatever it costs.
	Trace bool
	// Symbols says where the names of package variables come from: see symbols.Self.
	Symbols string

	label string
}

// A Noter is a Watch that may have notes on what it could not judge. Each note is one line of the
// report, even of a report without findings.
type Noter interface {
	Watch
	Notes() []string
}

// A Refresher is a Watch whose looks may return what an earlier look saw.
type Refresher interface {
	Watch
	// Refresh makes the next look take a new reading.
	Refresh()
}

// A Prover is a Watch that can prove that a leak can't go away. The proof may collect garbage. So
// it is requested only after settling has taken a while, and only if the check does not wait for
// anything that a collection may release.
type Prover interface {
	Watch
	// Prove makes the next look show as Proven what can be proven.
	Prove()
}

// A Collector is a Watch of resources that a garbage collection can release, although nobody should
// rely on it.
type Collector interface {
	Watch
	// Collected marks as Forgotten the leaks that are gone since a collection. It is called for
	// a check that fails.
	Collected([]Leak) []Leak
}

// A Forcer is a Watch whose looks run the garbage collector. It is asked when the other watches
// have nothing more to wait for: a collection could release their leaks and so hide them.
type Forcer interface {
	Watch
	Forces()
}

// Call calls a body. On a stack this function separates what a body does from what the library
// does.
//
//go:noinline
func Call(body func()) { body() }
