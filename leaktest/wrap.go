package leaktest

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"testing"

	"github.com/leakassert/leakassert/internal/around"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/pipeline"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
	"github.com/leakassert/leakassert/internal/session"
)

// wrap puts a check around every test and example of m, and around every fuzz target
// unless the engine is to run. The lists are unexported fields of testing.M; when they
// are not as expected nothing is touched.
func (s *suite) wrap(m *testing.M) error {
	tests, unknown := field[[]testing.InternalTest](m, "tests")
	examples, alsoUnknown := field[[]testing.InternalExample](m, "examples")
	targets, err := field[[]testing.InternalFuzzTarget](m, "fuzzTargets")
	if err := cmp.Or(unknown, alsoUnknown, err); err != nil {
		return err
	}
	names.ExpectTests(len(*tests) + len(*examples) + len(*targets))
	for i := range *tests {
		t := &(*tests)[i]
		names.KnowTest(t.Name)
		if !slices.Contains(s.plan.Unwrapped, t.Name) {
			t.F = wrapped(s, t.F)
		}
	}
	for _, name := range s.plan.Unwrapped {
		if !probe.Sharded() && !slices.ContainsFunc(*tests, func(t testing.InternalTest) bool { return t.Name == name }) {
			s.notes = append(s.notes, fmt.Sprintf("leaktest.Unwrapped(%q): there is no such test", name))
		}
	}
	for i := range *examples {
		e := &(*examples)[i]
		names.KnowTest(e.Name)
		e.F = s.example(e.Name, e.F)
	}
	if probe.FlagSet("test.fuzz") {
		return nil
	}
	for i := range *targets {
		t := &(*targets)[i]
		names.KnowTest(t.Name)
		t.Fn = wrapped(s, t.Fn)
	}
	return nil
}

func field[T any](m *testing.M, name string) (*T, error) {
	if f := session.Field[T](m, "testing", name); f != nil {
		return f, nil
	}
	return nil, fmt.Errorf("tests are checked together, at the end only: testing.M of %s has no field %s of type %s",
		runtime.Version(), name, reflect.TypeFor[T]())
}

func wrapped[T any, P interface {
	*T
	testing.TB
}](s *suite, body func(*T)) func(*T) {
	entry := entryOf(body)
	return around.Func(func(t *T) { s.begin(P(t), entry) }, body, func(t *T) { session.Returned(P(t)) })
}

// begin checks one test; what its report shows as the line is where the test function stands.
func (s *suite) begin(t testing.TB, entry uintptr) {
	pipeline.ReserveStack(entry)
	s.record.Ran(t.Name())
	one := &session.Session{T: t, Env: &s.env, Plan: &s.plan, Main: true, Entry: entry, Known: s.known, Fail: fail, Log: log}
	one.Begin(probe.Scope{ToEnd: true, FromStart: true})
	one.EndLast()
}

// fail fails a test of the suite.
func fail(s *session.Session, text string) {
	t := s.T.(testing.TB)
	t.Helper()
	if forJSON() && session.ErrorAt(t, s.Entry, text) {
		return
	}
	log(s, report.For(os.Stdout, text))
	t.Fail()
}

// log writes to the output of a test of the suite, with the line of the test.
func log(s *session.Session, text string) {
	at := names.FrameAt(s.Entry)
	fmt.Fprintf(s.T.(testing.TB).Output(), "%s:%d: %s\n", filepath.Base(at.File), at.Line, report.Indented(text))
}

// example is an example with a check around it. It has no t that could fail: what it
// leaves behind fails the package, under the example's name.
func (s *suite) example(name string, body func()) func() {
	return func() {
		s.record.Ran(name)
		t := &exampleTB{name: name}
		one := &session.Session{T: t, Env: &s.env, Plan: &s.plan, Entry: entryOf(body), Known: s.known}
		one.Fail = func(_ *session.Session, text string) {
			// Not on standard output, which is the testing package's while an example runs.
			fmt.Fprintf(os.Stderr, "--- FAIL: %s\n    %s\n", name, report.Indented(report.For(os.Stderr, text)))
			s.mu.Lock()
			defer s.mu.Unlock()
			s.examples++
		}
		one.Begin(probe.Scope{FromStart: true})
		one.Body(body)
		one.End()
	}
}

type exampleTB struct{ name string }

func (t *exampleTB) Helper()                           {}
func (t *exampleTB) Name() string                      { return t.name }
func (t *exampleTB) Errorf(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
func (t *exampleTB) Logf(format string, args ...any)   { t.Errorf(format, args...) }
func (t *exampleTB) Failed() bool                      { return false }
func (t *exampleTB) Cleanup(func())                    {}

func entryOf(f any) uintptr { return reflect.ValueOf(f).Pointer() }
