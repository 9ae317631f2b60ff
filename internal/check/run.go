package check

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

// A Run is one check of one test.
type Run struct {
	T     TB
	Env   Env
	Plan  Plan
	Probe *probe.Check // nil while nothing has begun
	// Clean says, when the run has ended, that nothing was found.
	Clean bool
}

// New prepares a run of a plan. The error says what is wrong with the environment
// or the options; a run that LEAKTEST has turned off is Off.
func New(t TB, plan func() Plan) (*Run, error) {
	r := &Run{T: t}
	var err error
	if r.Env, err = Environment(); err != nil || r.Env.Off {
		return r, err
	}
	r.Plan = plan()
	return r, r.Plan.Err()
}

// Off reports whether the run is to do nothing.
func (r *Run) Off() bool { return r.Env.Off }

// ToEnd begins a check that lasts until the cleanups of the test: the caller, the
// package by, calls Verify from t.Cleanup if it is told to. What was wrong about
// the call is returned as text.
func (r *Run) ToEnd(by string) (verify bool, wrong string) {
	if r.Off() {
		return false, ""
	}
	if main := probe.ActiveToEnd(r.T, ""); main != nil {
		// Main checks every test: what this one asks for is added to that.
		if !main.Extend(by, r.Plan.own()) {
			return false, twice(by, r.T)
		}
		if r.Plan.Cleanup != nil {
			r.T.Cleanup(func() { r.Plan.Cleanup(0) })
		}
		return false, ""
	}
	if probe.ActiveToEnd(r.T, by) != nil {
		return false, twice(by, r.T)
	}
	if cleanupBegun(r.T) {
		return false, called(by) + " from a cleanup of " + r.T.Name() + ", when the test is over: call it first in the test"
	}
	r.Begin(probe.Scope{Test: r.T.Name(), ToEnd: true, By: by})
	return true, ""
}

// called is how a message begins about a call in the wrong place: of Check, unless by
// names another function.
func called(by string) string {
	if strings.Contains(by, ".") {
		return by + " is called"
	}
	return by + ": Check is called"
}

func twice(by string, t TB) string {
	return called(by) + " twice on " + t.Name() + ": leave the second call out, its options can go to the first"
}

// Begin starts the check.
func (r *Run) Begin(scope probe.Scope) {
	_, scope.Runner = r.T.(*testing.T)
	if c, ok := r.T.(interface{ Context() context.Context }); ok {
		scope.Context = c.Context()
	}
	scope.Trace = r.Env.Trace
	r.Probe = probe.Begin(r.T, scope, r.Plan.Config)
}

// Beyond reports whether the test is beyond a verdict: it has failed or was
// skipped.
func (r *Run) Beyond() bool { return r.T.Failed() || skipped(r.T) }

// Body calls body; one that panics or leaves its goroutine ends the check.
func (r *Run) Body(body func()) {
	returned := false
	defer func() {
		if !returned {
			r.Probe.Abandon()
		}
	}()
	Call(body)
	returned = true
}

// Call calls a body. That there is one function for it tells, on a stack, what a
// body does from what the library does.
//
//go:noinline
func Call(body func()) { body() }

// NoLeak runs body under a check of its own. What is returned beside the verdict
// is the text to fail the test with.
func NoLeak(t TB, by string, body func(), plan func() Plan) (clean bool, text string) {
	if body == nil {
		return false, by + ": NoLeak: body is nil: pass the function to run"
	}
	r, err := New(t, plan)
	if err != nil {
		body() // what the test is about goes on
		return false, err.Error()
	}
	if r.Off() {
		body()
		return true, ""
	}
	r.Begin(probe.Scope{Test: t.Name(), By: by})
	r.Body(body)
	failed := t.Failed()
	text = r.Verify()
	return r.Clean && !failed, text
}

// Verify ends the check. What it returns is the text to fail the test with; the
// caller does that, so that helpers are marked as such only when one fails.
func (r *Run) Verify() (text string) {
	var f probe.Findings
	if r.Beyond() {
		f = r.Probe.Drop()
	} else {
		f = r.Probe.End()
	}
	text = r.Text(f)
	if r.Plan.Cleanup != nil {
		r.Plan.Cleanup(0)
	}
	return text
}

// Text is what the test is to fail with for findings; what else is to be said of
// them is said.
func (r *Run) Text(f probe.Findings) string {
	leaks := f.Leaks
	for i := range leaks {
		leaks[i].Tests = nil // the heading names the test
	}
	if s := suite.Load(); s != nil {
		// Nobody is made to answer for what may be another's.
		leaks = slices.DeleteFunc(leaks, func(l probe.Leak) bool {
			if l.Stray {
				l.Tests = []string{r.T.Name()}
				(*s).Add([]probe.Leak{l})
			}
			return l.Stray
		})
		(*s).Add(f.Shared)
		(*s).Add(f.Elsewhere)
	} else {
		leaks = append(leaks, f.Shared...)
		for _, l := range f.Elsewhere {
			f.Notes = append(f.Notes, "not this test's: "+report.Line(l))
		}
	}
	r.Clean = len(leaks) == 0 && !f.Void
	if len(leaks) == 0 && len(f.Notes) == 0 {
		return ""
	}
	text := report.Report{
		Subject: r.T.Name(), Leaks: leaks, Notes: f.Notes, Settled: f.Settled, Verdict: f.Verdict, Trace: r.Env.Trace,
	}.Text()
	if len(leaks) == 0 || r.Env.Warn {
		r.T.Logf("%s", text)
		return ""
	}
	return text
}
