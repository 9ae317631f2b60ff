package leaktest

import (
	"sync"

	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

// Before is a snapshot taken outside of any test.
type Before struct {
	mu    sync.Mutex // one Diff at a time
	check *probe.Check
	env   check.Env
	err   error
}

// Snapshot takes a snapshot of the process for a later [Before.Diff]: for a
// soak test, a debug handler, a main function. Unlike a check in a test it knows
// no owners: whatever is new in the process counts. It dumps the stacks of all
// goroutines. LEAKTEST=off does not concern it.
func Snapshot(opts ...Option) *Before {
	b := &Before{}
	if b.env, b.err = check.Environment(); b.err != nil {
		return b
	}
	p := plan(opts)()
	if b.err = p.Err(); b.err == nil {
		b.check = probe.Begin(nil, probe.Scope{Outside: true, Trace: b.env.Trace}, p.Config)
	}
	return b
}

// Diff settles and returns what is held now and was not at the snapshot. It may
// be called again; the snapshot stays the same.
func (b *Before) Diff() *Report {
	if b.err != nil {
		return &Report{Notes: []string{b.err.Error()}, wrong: true}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.check.Diff()
	r := &Report{Leaks: f.Leaks, Notes: f.Notes}
	r.text = report.Report{Subject: "this process", Leaks: f.Leaks, Notes: f.Notes, Settled: f.Settled, Trace: b.env.Trace}.Text()
	return r
}

// A Report is what [Before.Diff] has found.
type Report struct {
	// Leaks are the findings, equal ones grouped and counted, in an order that
	// does not change from run to run.
	Leaks []Leak
	// Notes say, a line each, what could not be seen: with one of them an empty
	// report is no proof.
	Notes []string

	text  string
	wrong bool // there was no snapshot to compare with
}

// Empty reports whether nothing has been found. It is false as well when the
// options of the snapshot were wrong, so that nothing was looked for.
func (r *Report) Empty() bool { return len(r.Leaks) == 0 && !r.wrong }

// String is the report as a failing test prints it; "" when there is nothing to
// say.
func (r *Report) String() string {
	if r.text != "" || len(r.Leaks)+len(r.Notes) == 0 {
		return r.text
	}
	return report.Report{Subject: "this process", Leaks: r.Leaks, Notes: r.Notes}.Text()
}
