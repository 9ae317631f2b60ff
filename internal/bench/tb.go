package bench

import (
	"fmt"

	"github.com/leakassert/leakassert/leaktest"
)

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
