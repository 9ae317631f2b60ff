package leaktest

import (
	"context"
	"fmt"

	"github.com/leakassert/leakassert/internal/aside"
	"github.com/leakassert/leakassert/internal/probe"
)

// A Probe watches one kind of resource. [With] adds one to a check.
//
// A check calls the methods of a Probe and its Watch on a goroutine of the library's. If
// Start or Grown blocks for 2 s, panics or returns an error, the check fails. An error that
// is [errors.ErrUnsupported] is only a note.
//
// What a Probe finds belongs to the whole process, unless it marks a leak as [Leak.Owned].
// So if checks overlap in time, the last one to end judges for all.
type Probe interface {
	// Kind names the resource in reports.
	Kind() string
	// Start takes the snapshot before the body. Passing tests call it too, so it should
	// read counters and identities, and describe nothing.
	Start(Scope) (Watch, error)
}

// A Watch is a probe's snapshot, ready to be compared with the present.
type Watch interface {
	// Grown returns what is held now and was not held at the start. A check calls it at
	// the end and again while it settles. It must be cheap, above all if it finds nothing.
	Grown() ([]Leak, error)
	// Explain adds evidence that is slow to find. A check calls it once, and only if the
	// check fails.
	Explain([]Leak) []Leak
	// Stop releases what the watch holds. Nothing is called after it.
	Stop()
}

// A Scope tells a probe which check it starts for.
type Scope struct {
	ID   uint64 // unique in the process; 0 outside of tests
	Test string // the test's name; "" outside of tests
	// Context is t.Context(), if t has one. It is cancelled before the cleanups run.
	Context context.Context
	// Trace asks for all evidence, whatever it costs: LEAKTEST=trace.
	Trace bool

	label string
}

// Label returns the value of the pprof label "leaktest" on the goroutines of the test.
// Outside of tests it is "".
func (s Scope) Label() string { return s.label }

type foreign struct{ Probe }

func (f foreign) Start(s probe.Scope) (probe.Watch, error) {
	scope := Scope{ID: s.ID, Test: s.Test, Context: s.Context, Trace: s.Trace, label: s.Label()}
	var err error
	w, fault := aside.Get(func() (w Watch) { w, err = f.Probe.Start(scope); return w })
	switch {
	case fault != nil:
		return nil, fmt.Errorf("Start: %w", fault)
	case w != nil:
		return foreignWatch{w}, err
	case err == nil:
		err = fmt.Errorf("%T.Start returned neither a Watch nor an error", f.Probe)
	}
	return nil, err
}

type foreignWatch struct{ user Watch }

// ask calls a method of the user's.
func ask(method string, call func() ([]Leak, error)) (leaks []probe.Leak, _ error) {
	var err error // not the result: a call that is late writes it at any time
	user, fault := aside.Get(func() (user []Leak) { user, err = call(); return user })
	if fault != nil {
		return nil, fmt.Errorf("%s: %w", method, fault)
	}
	for _, l := range user {
		leaks = append(leaks, l.private())
	}
	return leaks, err
}

func (w foreignWatch) Grown() ([]probe.Leak, error) { return ask("Grown", w.user.Grown) }

// Explain asks the user's watch. A fault of it leaves the leaks as they are.
func (w foreignWatch) Explain(leaks []probe.Leak) []probe.Leak {
	shown := make([]Leak, len(leaks))
	places := make(map[string][]probe.Place)
	for i, l := range leaks {
		shown[i], places[l.ID] = public(l), l.Places
	}
	explained, err := ask("Explain", func() ([]Leak, error) { return w.user.Explain(shown), nil })
	if err != nil {
		panic(err) // which the pipeline turns into a note
	}
	for i := range explained {
		explained[i].Places = places[explained[i].ID] // the Origin that Explain sees can have line numbers
	}
	return explained
}

// Notes are those of a user's watch that has some.
func (w foreignWatch) Notes() (notes []string) {
	n, ok := w.user.(interface{ Notes() []string })
	if !ok {
		return nil
	}
	if _, err := ask("Notes", func() ([]Leak, error) { notes = n.Notes(); return nil, nil }); err != nil {
		panic(err)
	}
	return notes
}

func (w foreignWatch) Stop() {
	if _, err := ask("Stop", func() ([]Leak, error) { w.user.Stop(); return nil, nil }); err != nil {
		panic(err)
	}
}
