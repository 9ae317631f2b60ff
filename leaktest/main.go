package leaktest

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/probe"
)

// Main runs the tests of a package, each under a check of its own, and exits.
// It is all that a TestMain needs:
//
//	func TestMain(m *testing.M) { leaktest.Main(m) }
//
// A test that leaks fails, with its report, as if it had called [Check] first
// thing; its own call of Check adds its options to that, and opts hold for all
// checks of the package. So does a fuzz target for what its seeds leave behind.
// What is left at the end and belongs to no test for certain, such as what a
// benchmark, an example or a timer has started, is reported by itself, and the
// exit code is 1.
//
// With LEAKTEST=repeat=3 the tests are run three times in the process, and what
// grows each time is reported; from three times on of the heap, too, whose every
// allocation is recorded then.
func Main(m *testing.M, opts ...Option) {
	code, exit := runSuite(m, opts)
	exit(code)
}

// Run is [Main] for a TestMain that tears down itself: it returns the exit code.
// What such a TestMain has started before is never a leak.
func Run(m *testing.M, opts ...Option) int {
	code, _ := runSuite(m, opts)
	return code
}

func runSuite(m *testing.M, opts []Option) (code int, exit func(int)) {
	exit = os.Exit
	e, err := check.Environment()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2, exit
	}
	if e.Off {
		return m.Run(), exit
	}
	p := plan(opts)()
	if err := p.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2, exit
	}
	if p.Cleanup != nil {
		exit = p.Cleanup
		p.Cleanup = nil
	}
	defer p.ForPackage()()
	if !flag.Parsed() {
		flag.Parse()
	}
	if flagSet("test.fuzzworker") {
		// A worker that exits with an error looks like a crash to the engine;
		// Check in the fuzz function judges each execution.
		return m.Run(), exit
	}
	s := &suiteRun{env: e, plan: p}
	if err := s.wrap(m); err != nil {
		s.notes = append(s.notes, err.Error())
	}
	s.check = probe.Begin(nil, probe.Scope{Suite: true, ToEnd: true, Trace: e.Trace}, p.Config)
	if e.Repeat > 1 {
		s.growth.unit = "run"
		s.follow()
	}
	tested := check.During(s)
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
	return code, exit
}

// flagSet reports whether a flag of the testing package is on.
func flagSet(name string) bool {
	f := flag.Lookup(name)
	return f != nil && f.Value.String() != "" && f.Value.String() != "false"
}
