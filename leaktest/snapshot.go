package leaktest

import (
	"errors"
	"runtime"
	"sync"

	"github.com/leakassert/leakassert/internal/pipeline"
	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
	"github.com/leakassert/leakassert/internal/session"
	"github.com/leakassert/leakassert/internal/window"
)

// Before is a snapshot taken outside of a test.
type Before struct {
	mu     sync.Mutex // one Diff at a time
	check  *pipeline.Check
	env    session.Env
	err    error
	closed bool
}

// Snapshot takes a snapshot of the process for a later [Before.Diff]. Use it in a soak test, a
// debug handler or a main function. It knows no tests: everything that is new in the process
// counts. Snapshot dumps the stacks of all goroutines. LEAKTEST=off does not turn it off.
func Snapshot(opts ...Option) *Before {
	b := &Before{}
	if b.env, b.err = session.Environment(); b.err != nil {
		return b
	}
	p := planOf(opts)()
	if p.Baseline != plan.NewPlan().Baseline {
		p.Wrong(errors.New("leaktest: Baseline is not for Snapshot, which knows no tests: leave it out, or write Ignore"))
	}
	if b.err = p.Err(); b.err == nil {
		b.check = pipeline.Begin(nil, probe.Scope{Outside: true, Trace: b.env.Trace, Symbols: b.env.Symbols}, &p.Config)
		runtime.AddCleanup(b, func(c *pipeline.Check) { c.Close() }, b.check)
	}
	return b
}

// Close ends the snapshot and undoes what it has changed in the process, such as the rate
// at which allocations are recorded for [Heap]. A snapshot that nobody uses any more is
// closed by the garbage collector, sooner or later.
func (b *Before) Close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.check != nil && !b.closed {
		b.check.Close()
	}
	b.closed = true
}

// Diff settles and returns what is held now and was not held at the snapshot. It may be
// called again: the snapshot stays the same. After [Before.Close] its report says only that
// the snapshot is closed.
func (b *Before) Diff() *Report {
	if b.err != nil {
		return &Report{Notes: []string{b.err.Error()}, wrong: true}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return &Report{Notes: []string{"leaktest: Diff is called on a snapshot that is closed: call it before Close"}, wrong: true}
	}
	f := b.check.Diff()
	leaks, r := f.Of(window.Own), &Report{}
	for _, l := range leaks {
		r.Leaks = append(r.Leaks, public(l))
	}
	for _, n := range f.Notes {
		r.Notes = append(r.Notes, n.Text)
		r.wrong = r.wrong || n.Fault
	}
	r.text = report.Report{Subject: "this process", Leaks: leaks, Notes: r.Notes, Settled: f.Settled, Trace: b.env.Trace}.Text()
	return r
}

// A Report is what [Before.Diff] has found.
type Report struct {
	// Leaks are the findings. Equal ones are grouped and counted. The order does not
	// change from run to run.
	Leaks []Leak
	// Notes say what could not be seen, one line each. If there are notes, an empty
	// report does not prove that nothing leaks.
	Notes []string

	text  string
	wrong bool // there was no snapshot to compare with
}

// Empty reports whether nothing was found. It returns false if the check could not look,
// because the options were wrong or a probe has failed.
func (r *Report) Empty() bool { return len(r.Leaks) == 0 && !r.wrong }

// String returns the report as a failing test prints it, and "" if there is nothing to
// report.
func (r *Report) String() string {
	if r.text != "" || len(r.Leaks)+len(r.Notes) == 0 {
		return r.text
	}
	leaks := make([]probe.Leak, len(r.Leaks))
	for i, l := range r.Leaks {
		leaks[i] = l.private()
	}
	return report.Report{Subject: "this process", Leaks: leaks, Notes: r.Notes}.Text()
}
