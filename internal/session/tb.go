package session

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

type TB interface {
	Helper()
	Name() string
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Failed() bool
	Cleanup(func())
}

// cleanupBegun reports whether the cleanups of t are running. If t has a context, it has then been
// cancelled.
func cleanupBegun(t TB) bool {
	c, ok := t.(interface{ Context() context.Context })
	return ok && c.Context() != nil && c.Context().Err() != nil
}

// Missing reports whether t is nil. It says so on standard error, as there is no test to fail.
func Missing(t TB, by string) bool {
	if v := reflect.ValueOf(t); v.IsValid() && !(v.Kind() == reflect.Pointer && v.IsNil()) {
		return false
	}
	fmt.Fprintf(os.Stderr, "%s: t is nil: pass the test's t; nothing is checked\n", by)
	return true
}

// hasSubtests reports whether t has run subtests, or f the inputs of its fuzz target.
func hasSubtests(t TB) bool {
	if fuzz := Field[bool](t, "testing", "fuzzCalled"); fuzz != nil {
		return *fuzz
	}
	has := Field[atomic.Bool](t, "testing", "hasSub")
	return has != nil && has.Load()
}

// complaints holds, by test, the complaints about wrong uses, so that a body which runs many times
// does not repeat them.
var complaints sync.Map

type complaint struct {
	t    any
	text string
}

// complain fails the test once with a complaint about a call.
func complain(t TB, text string) {
	t.Helper()
	if probe.Hashable(t) {
		c := complaint{t, text}
		if _, said := complaints.LoadOrStore(c, true); said {
			return
		}
		t.Cleanup(func() { complaints.Delete(c) })
	}
	lines := strings.Split(text, "\n") // of several errors
	for i, line := range lines {
		lines[i] = report.Printable(line)
	}
	t.Errorf("%s", strings.Join(lines, "\n"))
}

// onTest reports whether the calling goroutine runs the test t. It assumes so if t is not a
// *testing.T.
func onTest(t TB) bool {
	if _, ok := t.(*testing.T); !ok {
		return true
	}
	var pcs [64]uintptr
	n := runtime.Callers(2, pcs[:])
	return n == len(pcs) || // the stack goes on
		slices.ContainsFunc(pcs[:n], func(pc uintptr) bool { return runtime.FuncForPC(pc-1).Name() == "testing.tRunner" })
}
