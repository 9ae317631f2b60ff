package leaktest

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"testing"

	"github.com/leakassert/leakassert/internal/bisect"
	"github.com/leakassert/leakassert/internal/pipeline"
	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/session"
)

// Main runs the tests of a package, each under a check of its own, and exits. It is all
// that a TestMain needs:
//
//	func TestMain(m *testing.M) { leaktest.Main(m) }
//
// A test that leaks fails with its report, as if it had called [Check] first. The options hold for
// all checks of the package. A test may also call Check, or the Check of another package. That
// check judges at its own place among the cleanups, and Main leaves out what its options leave out.
//
// Main checks examples and the seeds of fuzz targets, too. An example that leaks fails the package.
// At the end Main reports what is left and belongs to no test for certain, such as what a benchmark
// or a timer has started, and the exit code is 1. If two or more tests have leaked at one place, a
// line on standard error names the place and the option that ignores it. If all tests have run, a
// note names each Ignore option that has ignored nothing.
//
// On processors other than amd64 and arm64 a test under Main has one more frame on its stack,
// between the test and the testing package. [Unwrapped] leaves out tests that look at their callers.
//
// With LEAKTEST=repeat=3 Main runs the tests three times in the process and reports what grows each
// time. With three or more runs it also watches the heap, and records every allocation to do so.
func Main(m *testing.M, opts ...Option) {
	code, exit := run(m, opts)
	exit(code)
}

// Run is [Main] for a TestMain with a teardown of its own: it returns the exit code. If
// TestMain does not pass the code to [os.Exit], the process exits with it when TestMain
// returns. If TestMain calls os.Exit(0) after a failure, the call panics. What TestMain has
// started before it calls Run is never a leak.
func Run(m *testing.M, opts ...Option) int {
	code, _ := run(m, opts)
	return code
}

// Unwrapped leaves tests out of [Main], by the names of their functions. Such a test has
// the same callers as without Main. Main reports what it leaves behind at the end of the
// package, as what no test owns.
func Unwrapped(tests ...string) Option {
	return option(func(p *plan.Plan) { p.Unwrapped = append(p.Unwrapped, tests...) })
}

// mustFail has the process fail if a code says so, whatever TestMain does with it. When
// TestMain returns, the testing package exits with what is in a field of m. If TestMain
// calls os.Exit(0), that panics, as it does while tests run.
func mustFail(m *testing.M, code int) {
	if code == 0 {
		return
	}
	if last, err := field[int](m, "exitCode"); err == nil {
		*last = max(*last, code)
	}
	deps := reflect.ValueOf(m).Elem().FieldByName("deps")
	if deps.Kind() != reflect.Interface || deps.IsNil() || !deps.CanAddr() {
		return
	}
	type exits interface{ SetPanicOnExit0(bool) }
	if d, ok := reflect.NewAt(deps.Type(), deps.Addr().UnsafePointer()).Elem().Interface().(exits); ok {
		d.SetPanicOnExit0(true)
	}
}

func run(m *testing.M, opts []Option) (code int, exit func(int)) {
	exit = os.Exit
	if m == nil {
		fmt.Fprintln(os.Stderr, "leaktest.Main: m is nil: pass TestMain's m")
		return 2, exit
	}
	defer func() { mustFail(m, code) }()
	e, err := session.Environment()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2, exit
	}
	p := planOf(opts)()
	if p.Cleanup != nil {
		exit = p.Cleanup
		p.Cleanup = nil
	}
	if e.Off {
		return m.Run(), exit
	}
	if err := p.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2, exit
	}
	if e.Settle >= 0 {
		p.Settle = e.Settle
	}
	defer p.ForPackage()()
	if !flag.Parsed() {
		flag.Parse()
	}
	if probe.FlagSet("test.fuzzworker") {
		// A worker that exits with an error looks like a crash to the engine;
		// Check in the fuzz function judges each execution.
		return m.Run(), exit
	}
	s := &suite{env: e, plan: p, record: bisect.OfChild()}
	if err := s.choose(m); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2, exit
	}
	if e.Selftest {
		if err := s.replace(m); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 2, exit
		}
	}
	if err := s.openKnown(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2, exit
	}
	if err := s.wrap(m); err != nil {
		s.notes = append(s.notes, err.Error())
	}
	s.check = pipeline.Begin(nil, probe.Scope{Suite: true, ToEnd: true, Trace: e.Trace, Symbols: e.Symbols}, &s.plan.Config)
	if e.Repeat > 1 {
		s.follow()
	}
	tested := session.During(s)
	for i := range e.Repeat {
		code = max(code, m.Run())
		if e.Repeat > 1 {
			s.ran(i)
		}
	}
	tested()
	if !s.end() && code == 0 && !e.Warn {
		code = 1
	}
	session.Flush()
	return code, exit
}

// In a test binary the main goroutine is marked before anything runs, so that what TestMain starts,
// or a test before its check, is known by its label, with all that it starts in turn.
func init() {
	if testing.Testing() {
		bisectIfAsked()
		pipeline.LabelBefore()
	}
}
