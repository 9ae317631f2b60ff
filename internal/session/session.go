// Package session runs one check of one test, from the options to the text of the failure. Only
// this package calls [pipeline.Check.Finish].
package session

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/baseline"
	"github.com/leakassert/leakassert/internal/heapprobe"
	"github.com/leakassert/leakassert/internal/pipeline"
	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/probe"
)

// A Session is one check of one test.
type Session struct {
	T     TB
	Env   *Env            // that of all tests under Main
	Plan  *plan.Plan      // that of all tests under Main: see New
	Check *pipeline.Check // nil until the check has begun

	// Fail, if not nil, is called with the text instead of Errorf to fail the test.
	Fail func(s *Session, text string)
	// Log, if not nil, is called with the text instead of Logf.
	Log func(s *Session, text string)
	// Main says that leaktest.Main began the check.
	Main bool
	// Grows is the unit of growth; see report.Report.
	Grows string
	// Entry is the address of the function of a test under Main.
	Entry uintptr
	// Program is the name of the program that is judged, "" for the test itself.
	Program string

	// Known are the leaks that are known, nil without a Baseline.
	Known *baseline.List

	run    *baseline.Run // of the test, nil without a Baseline
	endRun bool          // it ends with the session
	judges []probe.Probe // if not nil, what was judged in place of the plan's probes
	passed bool          // all leaks are known
	lines  []string      // that the file of known leaks would need

	from   *caller // the calls that began a check that lasts until the test's end, nil under Main
	clean  bool
	grown  heapprobe.Verdict     // the growth, if it was followed
	others []pipeline.Attributed // found by traced repetitions
	// reported has the leaks of the check when it has ended.
	reported []pipeline.Attributed

	plantings plantings // the leaks of a selftest
}

// New prepares a session. The error says what is wrong with the environment or the options. If
// LEAKTEST turns checks off, the session is Off.
func New(t TB, options func() plan.Plan) (*Session, error) {
	env, err := Environment()
	s := &Session{T: t, Env: &env, Plan: &plan.Plan{}}
	if err != nil {
		return s, err
	}
	*s.Plan = options()
	if s.Env.Off {
		*s.Plan = plan.Plan{Cleanup: s.Plan.Cleanup}
		return s, nil
	}
	if s.Env.Settle >= 0 {
		s.Plan.Settle = s.Env.Settle
	}
	if err = s.Plan.Err(); err == nil {
		s.Known, err = KnownLeaks(*s.Plan, env)
	}
	return s, err
}

func (s *Session) Off() bool { return s.Env.Off }

func (s *Session) Begin(scope probe.Scope) {
	var t *testing.T
	if t, scope.Runner = s.T.(*testing.T); scope.Runner && scope.FromStart {
		scope.Parallel = isParallel.of(t)
	}
	if c, ok := s.T.(interface{ Context() context.Context }); ok {
		scope.Context = c.Context()
	}
	scope.Test, scope.Trace, scope.Symbols = s.T.Name(), s.Env.Trace, s.Env.Symbols
	s.beginRun(scope)
	config := &s.Plan.Config
	if s.run != nil {
		known := *config
		known.Known = s.run.Knows
		config = &known
	}
	if s.Env.Selftest {
		planted := s.plantings.of(*config)
		config, scope.Symbols = &planted, "off" // names are of no use, and take long
	}
	s.Check = pipeline.Begin(s.T, scope, config)
	if scope.Runner {
		s.Check.Before = registered(t)
	}
}

// Beyond reports whether the test gets no verdict because it has failed or was skipped.
func (s *Session) Beyond() bool {
	skips, ok := s.T.(interface{ Skipped() bool })
	return s.T.Failed() || ok && skips.Skipped()
}

// Check begins a check of t that lasts until its cleanups. by is the package that requests it.
func Check(t TB, by string, options func() plan.Plan) {
	t.Helper()
	s, err := New(t, options)
	if err != nil {
		complain(t, err.Error())
		return
	}
	s.ToEnd(by, func() {})
}

// ToEnd begins a check that lasts until the test's cleanups, and calls ended when the check has
// ended. by is the package that requests the check.
func (s *Session) ToEnd(by string, ended func()) {
	t := s.T
	t.Helper()
	if s.Off() {
		t.Cleanup(func() { s.cleanup(); ended() })
		return
	}
	if wrong := s.place(by); wrong != "" {
		ended()
		complain(t, wrong)
		return
	}
	s.from = callers()
	s.Begin(probe.Scope{ToEnd: true, By: by})
	t.Cleanup(func() {
		t.Helper()
		defer ended()
		if !s.Beyond() && s.from.deferred() {
			t.Errorf("%s by a defer statement: it then begins when the test is over and checks nothing; call it first in the test, without defer", calledBy(by))
		}
		s.End()
		if pipeline.ActiveToEnd(t, "") == nil { // Main's check is always the first
			s.lookLater(s.reported)
		}
	})
}

// place says what is wrong with the place of a call that begins a check to the end of its test.
func (s *Session) place(by string) string {
	switch {
	case pipeline.ActiveToEnd(s.T, by) != nil:
		return calledBy(by) + " twice on " + s.T.Name() + ": leave the second call out, and give its options to the first"
	case !onTest(s.T):
		return calledBy(by) + " on another goroutine than that of " + s.T.Name() + ": it can't tell there what the test starts; call it first in the test"
	case cleanupBegun(s.T):
		return calledBy(by) + " from a cleanup of " + s.T.Name() + ", when the test is over: call it first in the test"
	}
	if main := pipeline.ActiveToEnd(s.T, ""); main != nil {
		// Main checks every test. Its check also gets the filters of this one.
		main.Narrow(s.Plan.Own())
	}
	return ""
}

// calledBy returns the beginning of a message about a call in the wrong place. The call is one of
// Check unless by names another function.
func calledBy(by string) string {
	if strings.Contains(by, ".") {
		return by + " is called"
	}
	return by + ": Check is called"
}

// NoLeak runs body in a check of its own and reports whether body left nothing behind.
func NoLeak(t TB, by string, body func(), options func() plan.Plan) bool {
	t.Helper()
	s, err := start(t, by, "NoLeak", body, options)
	if err != nil {
		complain(t, err.Error())
		return false
	}
	if s.Off() {
		s.cleanup()
		return true
	}
	s.Begin(probe.Scope{By: by})
	s.Body(body)
	failed := t.Failed()
	s.End()
	return s.clean && !failed
}

// start prepares a session that runs a body. If there can be no session, it runs the body itself,
// so that the test goes on.
func start(t TB, by, verb string, body func(), options func() plan.Plan) (*Session, error) {
	if body == nil {
		return nil, errors.New(by + ": " + verb + ": body is nil: pass the function to run")
	}
	s, err := New(t, options)
	if err != nil || s.Off() {
		body()
	}
	return s, err
}

// Body calls body. If body panics or leaves its goroutine, Body ends the session.
func (s *Session) Body(body func()) {
	returned := false
	defer func() {
		if !returned {
			s.end(pipeline.Abandoned)
		}
	}()
	probe.Call(body)
	returned = true
}

// End judges the test.
func (s *Session) End() {
	defer s.cleanup()
	pipeline.ReserveStack(s.Entry)
	if tell := s.finish(pipeline.Returned); tell != nil {
		s.T.Helper() // which takes long, and only matters for lines of the log
		tell()
	}
}

func (s *Session) end(o pipeline.Outcome) {
	defer s.cleanup()
	if tell := s.finish(o); tell != nil {
		s.T.Helper()
		tell()
	}
}

// finish ends every session. All findings of a check, for its own test or others, go from here to
// the test, to the suite or to the log. If there is something to say, or the count of known leaks
// ends, finish returns a function that does so.
func (s *Session) finish(o pipeline.Outcome) (tell func()) {
	if o != pipeline.Abandoned && s.Beyond() {
		o, s.grown = pipeline.NoVerdict, heapprobe.Verdict{}
	}
	if s.Env.Selftest && o == pipeline.Returned {
		return s.selftest
	}
	if s.Check.Forces() {
		dropCleanups(s.T)
	}
	f := s.Check.Finish(o)
	f.Leaks = append(f.Leaks, s.others...)
	judged := s.judged(o, f)
	if s.reported = f.Leaks; len(f.Leaks)+len(f.Notes)+len(s.grown.Leaks)+len(s.grown.Notes) == 0 && !s.endRun {
		s.clean = !f.Void
		return nil
	}
	return s.telling(f, judged)
}

func (s *Session) telling(f pipeline.Findings, judged bool) func() {
	return func() {
		s.T.Helper()
		s.deliver(f)
		if s.endRun {
			s.finishRun(judged)
		}
	}
}

// cleanup runs what the options want to run after the check.
func (s *Session) cleanup() {
	if s.Plan.Cleanup != nil {
		s.Plan.Cleanup(0)
	}
}

// EndSuite ends the check around all tests of a package.
func EndSuite(c *pipeline.Check) pipeline.Findings { return c.Finish(pipeline.Returned) }
