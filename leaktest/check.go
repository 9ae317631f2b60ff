package leaktest

import (
	"slices"
	"testing"

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
// Cleanups that were registered before the call run after the verdict: what only
// they release counts as left behind.
//
// To tell goroutines apart Check gives the calling one a pprof label,
// "leaktest", in place of the labels that it had.
func Check(t TB, opts ...Option) {
	t.Helper()
	r, err := prepare(t, opts)
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	if r.env.off {
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
		if text := r.verify(); text != "" {
			t.Helper()
			r.fail(text)
		}
	})
}

// NoLeak runs body and fails the test with a report of what body has left
// behind; it returns whether that is nothing. It may be called any number of
// times in a test, also in one that [Check] or [Main] watches. In a test that
// has failed there is no verdict, and NoLeak returns false.
func NoLeak(t TB, body func(), opts ...Option) bool {
	t.Helper()
	r, err := prepare(t, opts)
	if body == nil {
		t.Errorf("leaktest: NoLeak: body is nil: pass the function to run")
		return false
	}
	if err != nil {
		t.Errorf("%v", err)
	}
	if err != nil || r.env.off {
		body()
		return err == nil
	}
	r.start(probe.Scope{Test: t.Name()})
	r.run(body)
	failed := t.Failed()
	if text := r.verify(); text != "" {
		r.fail(text)
	}
	return r.clean && !failed
}

// A run is one check of one test.
type run struct {
	t      TB
	env    env
	config config
	check  *probe.Check
	// fail says text and fails the test.
	fail  func(text string)
	clean bool // nothing has been found
}

// prepare reads the environment and the options.
func prepare(t TB, opts []Option) (*run, error) {
	r := &run{t: t, fail: func(text string) { t.Helper(); t.Errorf("%s", text) }}
	var err error
	if r.env, err = environment(); err != nil || r.env.off {
		return r, err
	}
	if o := packageOptions.Load(); o != nil {
		opts = append((*o)[:len(*o):len(*o)], opts...)
	}
	r.config, err = configure(opts)
	return r, err
}

// extend adds what r asks for to the check that Main has begun on the same test.
func (r *run) extend(active *probe.Check) bool {
	if r.config.cleanup != nil {
		r.t.Cleanup(func() { r.config.cleanup(0) })
	}
	return active.Extend(r.config.Config)
}

func (r *run) start(scope probe.Scope) {
	_, scope.Runner = r.t.(*testing.T)
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

// verify ends the check. What it returns is the text to fail the test with; the
// caller does that, so that helpers are marked as such only when one fails.
func (r *run) verify() (text string) {
	var f probe.Findings
	if r.t.Failed() || skipped(r.t) {
		f = r.check.Drop()
	} else {
		f = r.check.End()
	}
	text = r.text(f)
	if r.config.cleanup != nil {
		r.config.cleanup(0)
	}
	return text
}

// text is what is to be said of the findings, where it is for a failure; what is
// not is said at once.
func (r *run) text(f probe.Findings) string {
	leaks := f.Leaks
	for i := range leaks {
		leaks[i].Tests = nil // the heading names the test
	}
	if s := suite.Load(); s != nil {
		// Nobody is made to answer for what may be another's.
		leaks = slices.DeleteFunc(leaks, func(l Leak) bool {
			if l.Stray {
				l.Tests = []string{r.t.Name()}
				s.add([]Leak{l})
			}
			return l.Stray
		})
		s.add(f.Shared)
		s.add(f.Elsewhere)
	} else {
		leaks = append(leaks, f.Shared...)
		for _, l := range f.Elsewhere {
			f.Notes = append(f.Notes, "not this test's: "+report.Line(l))
		}
	}
	r.clean = len(leaks) == 0 && !f.Void
	if len(leaks) == 0 && len(f.Notes) == 0 {
		return ""
	}
	text := report.Report{
		Subject: r.t.Name(), Leaks: leaks, Notes: f.Notes, Settled: f.Settled, Trace: r.env.trace,
	}.Text()
	if len(leaks) == 0 || r.env.warn {
		r.t.Logf("%s", text)
		return ""
	}
	return text
}
