// Package probe is the pipeline every kind of resource goes through:
//
//	snapshot ─▶ body ─▶ settle ─▶ diff ─▶ explain ─▶ report
//
// A [Probe] knows one kind of resource; a [Check] runs any number of them
// around one test and nothing else knows about kinds.
package probe

import "context"

// A Probe watches one kind of resource.
//
// Unless its leaks say otherwise ([Leak.Owned]) what it counts belongs to the
// whole process: checks that overlap in time then judge it together, once, when
// the last of them ends.
type Probe interface {
	// Kind names the resource in reports: "goroutine", "fd", "heap", "pool" or
	// a word of the user's own.
	Kind() string
	// Start takes the snapshot before the body. It runs on the goroutine of
	// the test and is on the path of every passing test: counters and
	// identities only, no descriptions.
	Start(Scope) (Watch, error)
}

// A Watch is one snapshot, ready to be compared with the present.
type Watch interface {
	// Grown lists what is held now and was not held at the start. It is called
	// at the end of every check and again while settling, so it must be cheap,
	// above all when it finds nothing.
	Grown() ([]Leak, error)
	// Explain adds to leaks found by Grown whatever is slow to find out. It is
	// called once, and only for a check that fails.
	Explain([]Leak) []Leak
	// Stop releases what the watch holds. Grown and Explain are not called
	// after it.
	Stop()
}

// A Scope is what a probe is told about the check it starts for.
type Scope struct {
	ID   uint64 // unique in the process; 0 outside of tests
	Test string // the test's name; "" outside of tests
	// By is the package that asked for the check; "" for the one that Main begins.
	By string
	// FromStart says that the check began before any code of the test ran.
	FromStart bool
	// Runner says that the test has a goroutine of its own, which runs nothing
	// else: that it is a *testing.T.
	Runner bool
	// ToEnd says that the check lasts until the cleanups of its test.
	ToEnd bool
	// Suite says that the check is the one around all tests of a package.
	Suite bool
	// Outside says that no goroutine is the check's own, as in a snapshot taken
	// outside of tests: whatever is new counts.
	Outside bool
	// Borrows says that what is new belongs to the check around this one, if
	// there is one of the same test: this one only follows how much there is.
	Borrows bool
	// Context is the test's own, where it has one: it is done when the cleanups
	// begin.
	Context context.Context
	// Trace asks for all the evidence there is, whatever it costs.
	Trace bool

	label string
}

// A Noter is a Watch that has met something it could not see; each note is one
// line of the report, also of a report without findings.
type Noter interface {
	Watch
	Notes() []string
}

// A Prover is a Watch that can find out of what it has found that it can't go
// away any more. That may need a garbage collection, so it is asked only when
// settling has taken a while, and nothing is waited for that one may release.
type Prover interface {
	Watch
	// Prove makes what can be proven show as Proven in the next look.
	Prove()
}

// A Collector is a Watch of resources that a garbage collection can release,
// although nobody should rely on it.
type Collector interface {
	Watch
	// Collected marks those of the leaks as Forgotten that are gone since a
	// collection has run. It is called for a check that fails.
	Collected([]Leak) []Leak
}

// A Forcer is a Watch whose looks run the garbage collector. It is asked when
// there is nothing more to wait for of what the other watches have found: a
// collection would hide from them that nobody has released what it releases.
type Forcer interface {
	Watch
	Forces()
}
