package bench

import (
	"fmt"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/leaktest"
)

// A Case is one checker, or a floor, on one body.
type Case struct {
	Body string
	By   string
	// Bench measures it among the crowd that is there now. wrong says in what the
	// checker has come to the wrong verdict: then its time means nothing.
	Bench func(*testing.B) (wrong string)
	// Most is the largest size that is measured, and Quick the largest for those
	// who have no minutes to spend; 0 means that there is no limit. Why says why.
	Most, Quick int
	Why         string
}

// Name is the case as a part of a benchmark's name.
func (c Case) Name() string { return "body=" + c.Body + "/by=" + c.By }

// Skip is the reason not to measure the case in a crowd of n, or "".
func (c Case) Skip(n int, quick bool) string {
	if c.Most > 0 && n > c.Most || quick && c.Quick > 0 && n > c.Quick {
		return "not measured: " + c.Why
	}
	return ""
}

// loop measures f, which says what is wrong.
func loop(f func() (wrong string)) func(*testing.B) string {
	return func(b *testing.B) string {
		// Once before the clock runs, for what is made on first use.
		wrong := f()
		b.ReportAllocs()
		for wrong == "" && b.Loop() {
			wrong = f()
		}
		return wrong
	}
}

// body measures a body alone.
func body(f func()) func(*testing.B) string { return loop(func() string { f(); return "" }) }

// A checker checks body for leaks and returns its report: "" when body is clean.
type checker func(body func()) (report string)

// clean measures a checker on a clean body.
func (c checker) clean(body func()) func(*testing.B) string {
	return loop(func() string { return wrongly(c(body)) })
}

// wrongly says what is wrong with a report on a clean body: anything.
func wrongly(report string) (wrong string) {
	if report == "" {
		return ""
	}
	line, _, _ := strings.Cut(report, "\n")
	return "it fails a clean body: " + line
}

// named is a checker, or what else there is several of, under its name.
type named[F any] struct {
	by string
	do F
}

// clean are the cases of checkers on a clean body.
func clean(name string, body func(), checkers []named[checker]) (all []Case) {
	for _, c := range checkers {
		all = append(all, Case{Body: name, By: c.by, Bench: c.do.clean(body)})
	}
	return all
}

// inTest makes a checker of what a test does with a body.
func inTest(f func(t *tb, body func())) checker {
	return func(body func()) string {
		t := new(tb)
		f(t, body)
		t.end()
		return t.report
	}
}

// A tb is the least that a checker takes for a test, so that what is measured is
// the check. It belongs to one goroutine.
type tb struct {
	cleanups []func()
	report   string // what the test has failed with, a line each; "" if it has not
}

var _ leaktest.TB = (*tb)(nil)

func (t *tb) Helper()             {}
func (t *tb) Name() string        { return "TestBench" }
func (t *tb) Failed() bool        { return t.report != "" }
func (t *tb) Cleanup(f func())    { t.cleanups = append(t.cleanups, f) }
func (t *tb) Logf(string, ...any) {}

func (t *tb) Errorf(format string, args ...any) {
	t.report += fmt.Sprintf(format, args...) + "\n"
}

// end runs the cleanups, last in, first out.
func (t *tb) end() {
	for i := len(t.cleanups) - 1; i >= 0; i-- {
		t.cleanups[i]()
	}
	t.cleanups = nil
}
