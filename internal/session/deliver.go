package session

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/leakassert/leakassert/internal/pipeline"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
	"github.com/leakassert/leakassert/internal/window"
)

// deliver reports findings in the right place. The test reports its own leaks. A leak that may
// belong to another test is reported by the suite or, if no suite is running, by this test, because
// nobody else will.
func (s *Session) deliver(f pipeline.Findings) {
	s.T.Helper()
	failing := append(f.Of(window.Own), s.grown.Leaks...)
	for i := range failing {
		failing[i].Tests = nil // the heading names the test
	}
	notes, unchecked := s.grown.Notes, false
	for _, n := range f.Notes {
		notes = append(notes, n.Text)
		unchecked = unchecked || n.Fault
	}
	if suite := suite.Load(); suite != nil {
		(*suite).Add(f.Of(window.Shared, window.Elsewhere, window.Nobody))
		failing = s.unknown(failing)
		(*suite).Failed(s.T.Name(), failing)
	} else {
		failing = append(failing, f.Of(window.Shared)...)
		for _, l := range f.Of(window.Nobody) {
			if l.Doubt == "" {
				if len(l.Tests) == 1 { // this test
					l.Tests = nil
				}
				failing = append(failing, l)
				continue
			}
			l.Tests = nil
			notes = append(notes, "not judged: "+report.Line(l)+": "+l.Doubt)
		}
		for _, l := range f.Of(window.Elsewhere) {
			notes = append(notes, "not this test's: "+report.Line(l))
		}
		failing = s.unknown(failing)
	}
	s.clean = len(failing) == 0 && !f.Void && !unchecked
	if len(failing) == 0 && len(notes) == 0 {
		return
	}
	s.addStores(failing)
	settled := max(f.Settled, s.grown.Settled)
	if probe.InBubble() { // waiting takes no time in a bubble
		settled = 0
	}
	r := report.Report{
		Subject: s.T.Name(), Program: s.Program, Leaks: failing, Notes: notes, Settled: settled, Verdict: s.grown.Grows, Grows: s.Grows, Trace: s.Env.Trace,
		Subtests: s.Main && hasSubtests(s.T), Ends: s.lines,
	}
	text := r.Text()
	s.publish(r, text)
	switch {
	case len(failing) == 0 && !unchecked:
		s.log(text)
		if news := unsaid(s.aboutVerdict(notes)); len(news) > 0 && !probe.FlagSet("test.v") {
			Warn(s.T.Name(), report.Report{Notes: news}.Text())
		}
	case s.Env.Warn:
		s.log(text)
		Warn(s.T.Name(), text)
	case s.Fail != nil:
		s.Fail(s, text)
	default:
		switch s.T.(type) {
		case *testing.T, *testing.B, *testing.F: // which write to stdout
			text = report.For(os.Stdout, text)
		}
		s.T.Errorf("%s", text)
	}
}

// Warn prints a passing test's warnings to stderr, where they are visible without -v.
func Warn(test, text string) {
	fmt.Fprintf(os.Stderr, "--- WARN: %s\n    %s\n", report.Name(test), report.Indented(report.For(os.Stderr, text)))
}

// said holds the notes of passing tests that have been printed.
var said sync.Map

// unsaid returns the notes that this process has not printed yet.
func unsaid(notes []string) []string {
	return slices.DeleteFunc(slices.Clone(notes), func(n string) bool {
		_, before := said.LoadOrStore(n, true)
		return before
	})
}

// A Suite is a run of a package's tests.
type Suite interface {
	// Add takes leaks that a test's check found and that may not be that test's.
	Add([]probe.Leak)
	// Failed takes the leaks with which a test has failed.
	Failed(test string, leaks []probe.Leak)
}

// suite is the suite that is running.
var suite atomic.Pointer[Suite]

// During makes s the running suite until end is called.
func During(s Suite) (end func()) {
	suite.Store(&s)
	return func() { suite.Store(nil) }
}

func (s *Session) log(text string) {
	s.T.Helper()
	if s.Log != nil {
		s.Log(s, text)
		return
	}
	s.T.Logf("%s", text)
}
