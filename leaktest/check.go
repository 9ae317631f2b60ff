package leaktest

import (
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

// Check takes a snapshot now and, when the test and the cleanups that it
// registers from here on are done, fails the test with a report of what it has
// left behind. Call it first in a test:
//
//	func TestCheckout(t *testing.T) {
//		leaktest.Check(t)
//		…
//	}
//
// What existed before the call is never reported. Tests that run at the same
// time are told apart: a goroutine belongs to the test that has started it,
// directly or through others. In a test that has failed, panicked or been
// skipped nothing is added to that. Calling Check twice on one t, or from a
// cleanup, is an error.
//
// To tell goroutines apart Check gives the calling one a pprof label,
// "leaktest", in place of the labels that it had.
func Check(t TB, opts ...Option) {
	t.Helper()
	r, ok := prepare(t, opts)
	if !ok || r.env.off {
		return
	}
	if active := probe.ActiveToEnd(t); active != nil {
		if !active.Scope.FromStart || !r.extend(active) {
			t.Errorf("leaktest: Check is called twice on %s: leave the second call out, its options can go to the first", t.Name())
		}
		return
	}
	if cleanupBegun(t) {
		t.Errorf("leaktest: Check is called from a cleanup of %s, when the test is over: call it first in the test", t.Name())
		return
	}
	r.start(probe.Scope{Test: t.Name(), ToEnd: true})
	t.Cleanup(func() {
		t.Helper()
		r.verify()
	})
}

// NoLeak runs body and fails the test with a report of what body has left
// behind; it returns whether that is nothing. It may be called any number of
// times in a test, also in one that [Check] or [Main] watches. In a test that
// has failed there is no verdict, and NoLeak returns false.
func NoLeak(t TB, body func(), opts ...Option) bool {
	t.Helper()
	r, ok := prepare(t, opts)
	if body == nil {
		t.Errorf("leaktest: NoLeak: body is nil: pass the function to run")
		return false
	}
	if !ok || r.env.off {
		body()
		return ok
	}
	r.start(probe.Scope{Test: t.Name()})
	r.run(body)
	return r.verify()
}

// A run is one check of one test.
type run struct {
	t      TB
	env    env
	config config
	check  *probe.Check
	// fail says text and fails the test; t.Errorf where the caller of the
	// helper is the line to show.
	fail func(text string)
}

// prepare reads the environment and the options; mistakes in them fail the test.
func prepare(t TB, opts []Option) (*run, bool) {
	t.Helper()
	r := &run{t: t}
	var err error
	if r.env, err = environment(); err != nil {
		t.Errorf("%v", err)
		return r, false
	}
	if r.env.off {
		return r, true
	}
	if o := packageOptions.Load(); o != nil {
		opts = append((*o)[:len(*o):len(*o)], opts...)
	}
	if r.config, err = configure(opts); err != nil {
		t.Errorf("%v", err)
		return r, false
	}
	return r, true
}

// extend adds what r asks for to the check that Main has begun on the same test.
func (r *run) extend(active *probe.Check) bool {
	if r.config.cleanup != nil {
		r.t.Cleanup(func() { r.config.cleanup(0) })
	}
	return active.Extend(r.config.Config)
}

func (r *run) start(scope probe.Scope) {
	scope.Trace = r.env.trace
	r.check = probe.Begin(r.t, scope, r.config.Config)
}

// run calls body; a body that panics or leaves its goroutine ends the check.
func (r *run) run(body func()) {
	returned := false
	defer func() {
		if !returned {
			r.check.Abandon()
		}
	}()
	body()
	returned = true
}

// verify ends the check and reports; it returns whether the test is clean.
func (r *run) verify() bool {
	r.t.Helper()
	failed := r.t.Failed()
	var f probe.Findings
	if failed || skipped(r.t) {
		f = r.check.Drop()
	} else {
		f = r.check.End()
	}
	clean := r.report(f)
	if r.config.cleanup != nil {
		r.config.cleanup(0)
	}
	return clean && !failed
}

// report says what has been found, where it belongs.
func (r *run) report(f probe.Findings) (clean bool) {
	r.t.Helper()
	leaks := f.Leaks
	for i := range leaks {
		leaks[i].Tests = nil // the heading names the test
	}
	if s := suite.Load(); s != nil {
		// Nobody is made to answer for what may be another's.
		s.add(f.Shared)
		s.add(f.Elsewhere)
	} else {
		leaks = append(leaks, f.Shared...)
		for _, l := range f.Elsewhere {
			f.Notes = append(f.Notes, "not this test's: "+report.Line(l))
		}
	}
	if len(leaks) == 0 && len(f.Notes) == 0 {
		return true
	}
	text := report.Report{
		Subject: r.t.Name(), Leaks: leaks, Notes: f.Notes, Settled: f.Settled, Trace: r.env.trace,
	}.Text()
	switch {
	case len(leaks) == 0 || r.env.warn:
		r.t.Logf("%s", text)
	case r.fail != nil:
		r.fail(text)
	default:
		r.t.Errorf("%s", text)
	}
	return len(leaks) == 0
}
