package leaktest

import (
	"errors"
	"fmt"
	"os"

	"github.com/leakassert/leakassert/internal/baseline"
	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
	"github.com/leakassert/leakassert/internal/session"
)

// Baseline sets a file of known leaks: a package that leaks today can be watched from now on, and its
// list of leaks only gets shorter. A relative path starts at the folder of the package. Packages may
// share a file.
//
// LEAKTEST=baseline go test writes the file, with all leaks if it does not exist yet. A line of the file
// has a package, a test, a count, a leak, and perhaps a # with a ticket. The leak is a kind and a place by
// the names of functions. It is the same with -race, -cover and -trimpath, with and without inlining, and in
// another checkout. A type or a function that has a new name is a new leak.
//
// Known leaks fail no test, and are not reported. A test fails if it has other leaks, or more of one than the
// file says. Its report ends with the line that the file would need. A line whose leak a test does not
// have any more is stale: it fails the package under [Main], otherwise the test. A line is stale only if the
// test has run to its end, without -short and with all its subtests. If there is no test of that name,
// [Main] says so at the end and does not fail.
//
// LEAKTEST=baseline deletes stale lines of the tests that run, and lowers counts. Comments, tickets and the
// order stay. It adds lines only to a file that did not exist; LEAKTEST=baseline=add always adds them. While the
// file is written, tests do not fail for leaks. Processes may write a file at the same time.
//
// What no test owns has the test "-". What grows, in [NoGrowth], has the count "any", and "any" may be written for
// another count that varies. A leak that only occurs in some runs can't be in the file: it would be
// stale in the others.
//
// A test whose leaks are all known waits for them 200 ms at most, and nothing is found out about them.
//
// A file that does not exist or has a wrong line is an error. Baseline is not for [Snapshot].
func Baseline(file string) Option {
	return option(func(p *plan.Plan) {
		if file == "" {
			p.Wrong(errors.New(`leaktest: Baseline(""): name a file, such as testdata/leaks.txt`))
			return
		}
		p.Baseline = file
	})
}

// openKnown reads the file of known leaks.
func (s *suite) openKnown() (err error) {
	if probe.FlagSet("test.list") {
		return nil
	}
	if s.known, err = session.KnownLeaks(s.plan, s.env); s.known != nil {
		s.known.ForSuite(s.env.Repeat)
	} else if err == nil && s.env.Baseline != baseline.Read {
		fmt.Fprintln(os.Stderr, `leaktest: LEAKTEST=baseline: Main has no option leaktest.Baseline("testdata/leaks.txt"), so nothing is written for it`)
	}
	return err
}

// unknown returns what no test owns and is not known, and the lines that the file would need for it.
func (s *suite) unknown(leaks []probe.Leak) (left []probe.Leak, lines []string) {
	if s.known == nil {
		return leaks, nil
	}
	return s.known.Unowned(leaks, s.plan.Probes)
}

// unknownGrowth returns what grows with each run of the suite and is not known, of any test.
func (s *suite) unknownGrowth(leaks []probe.Leak) (left []probe.Leak, lines []string) {
	if s.known == nil {
		return leaks, nil
	}
	return s.known.Grown(leaks)
}

// endKnown reports the lines that are stale, or writes the file.
func (s *suite) endKnown() (clean bool) {
	if s.known == nil {
		return true
	}
	stale, notes, err := s.known.Finish()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	for _, n := range notes {
		fmt.Fprintln(os.Stderr, report.Printable("note: "+n))
	}
	if len(stale) > 0 {
		s.print("", "known leaks are gone\n\n"+session.Listed(stale), true)
	}
	return len(stale) == 0 && err == nil
}
