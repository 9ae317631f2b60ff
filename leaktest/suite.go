package leaktest

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/baseline"
	"github.com/leakassert/leakassert/internal/bisect"
	"github.com/leakassert/leakassert/internal/growth"
	"github.com/leakassert/leakassert/internal/heapprobe"
	"github.com/leakassert/leakassert/internal/pipeline"
	"github.com/leakassert/leakassert/internal/plan"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
	"github.com/leakassert/leakassert/internal/session"
	"github.com/leakassert/leakassert/internal/window"
)

// A suite is the check around all tests of a package.
type suite struct {
	env    session.Env
	plan   plan.Plan
	record *bisect.Record // nil but in a child of a bisection
	check  *pipeline.Check
	notes  []string
	known  *baseline.List // nil without a Baseline

	// When the suite is repeated: what is new in the process, whoever made it.
	process *pipeline.Check
	held    []probe.Leak
	rounds  *growth.Rounds

	mu      sync.Mutex
	unowned []probe.Leak // what tests have found that is perhaps not theirs
	failed  []report.Leaked
	// examples counts those that have left something behind.
	examples int
}

// Add takes what a test has found and can't be made to answer for.
func (s *suite) Add(leaks []probe.Leak) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unowned = append(s.unowned, leaks...)
}

// Failed takes what a test has failed with.
func (s *suite) Failed(test string, leaks []probe.Leak) {
	if len(leaks) == 0 {
		return
	}
	s.record.Leaks(test, leaks, false)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = append(s.failed, report.Leaked{Test: test, Leaks: leaks})
}

// leastHeapRuns is from how many runs on the heap is followed: with two, what the
// second one makes on first use would seem to grow.
const leastHeapRuns = 3

// follow begins to follow what is new in the process.
func (s *suite) follow() {
	config := s.plan.Config
	config.Limit = nil // of what a test may leave
	config.Probes = slices.DeleteFunc(slices.Clone(config.Probes), func(p probe.Probe) bool { return p == probe.Probe(heapprobe.Probe{}) })
	if s.env.Repeat >= leastHeapRuns {
		config.Probes = append(config.Probes, heapprobe.Probe{})
	} else {
		s.notes = append(s.notes, fmt.Sprintf("heap: not followed over %d runs: write LEAKTEST=repeat=%d", s.env.Repeat, leastHeapRuns))
	}
	s.rounds = growth.New("run")
	s.process = pipeline.Begin(nil, probe.Scope{Outside: true, Borrows: true, Trace: s.env.Trace, Symbols: s.env.Symbols}, &config)
}

// ran notes what is held after a run of the suite that is repeated.
func (s *suite) ran(i int) {
	s.held = s.process.Held(s.plan.Settle, func(held []probe.Leak) bool {
		if i == 0 {
			return len(held) == 0
		}
		return !s.rounds.Grows(held)
	})
	s.rounds.Add(s.held, 1)
}

// end reports what no test owns. It looks also when tests have failed: what those have
// left behind has been noted as theirs.
func (s *suite) end() (clean bool) {
	f := session.EndSuite(s.check)
	leaks := probe.Group(slices.Concat(s.unowned, f.Of(window.Own, window.Shared, window.Elsewhere, window.Nobody)), nil)
	notes := s.notes
	leaks = slices.DeleteFunc(leaks, func(l probe.Leak) bool {
		unproven := l.NeedsProof && !l.Proven
		if unproven && s.process == nil { // otherwise its growth is judged
			notes = append(notes, "not judged: "+report.Line(l)+": "+l.Doubt)
		}
		return unproven
	})
	for _, n := range f.Notes {
		notes = append(notes, n.Text)
	}
	if why := s.plan.Hollow(timeout()); why != "" {
		notes = append(notes, why)
	}
	if !narrowed() {
		for _, o := range s.plan.Unused() {
			notes = append(notes, o+" has left nothing out in this run")
		}
	}
	leaks, lines := s.unknown(leaks)
	s.record.Leaks("", leaks, false)
	s.say("what no test owns", leaks, notes, f.Settled, "", lines...)
	var grown []probe.Leak
	if s.process != nil {
		grown, lines = s.unknownGrowth(s.rounds.Persistent(s.held, s.process.Explain))
		s.record.Leaks("", grown, true)
		s.say("each run of the suite", grown, nil, s.plan.Settle, "run", lines...)
		s.process.Close()
	}
	for _, line := range report.Causes(s.failed) {
		fmt.Fprintln(os.Stderr, line)
	}
	return s.endKnown() && len(leaks) == 0 && len(grown) == 0 && s.examples == 0
}

// timeout is the time that -timeout gives the process, 0 if it has no end.
func timeout() time.Duration {
	if f := flag.Lookup("test.timeout"); f != nil {
		d, _ := f.Value.(flag.Getter).Get().(time.Duration)
		return d
	}
	return 0
}

// narrowed reports whether some tests of the package do not run.
func narrowed() bool {
	return probe.Sharded() || probe.FlagSet("test.run") || probe.FlagSet("test.skip") || testing.Short() || probe.FlagSet("test.list") || probe.FlagSet("test.bench") || probe.FlagSet("test.fuzz")
}

// say writes a report on standard error. For go test -json it is the output of a test
// called TestMain, as consumers of that drop what belongs to no test.
func (s *suite) say(subject string, leaks []probe.Leak, notes []string, settled time.Duration, grows string, lines ...string) {
	if len(leaks) == 0 && len(notes) == 0 {
		return
	}
	r := report.Report{Subject: subject, Leaks: leaks, Notes: notes, Settled: settled, Grows: grows, Trace: s.env.Trace, Ends: lines}
	text := r.Text()
	fails := len(leaks) > 0
	var commands strings.Builder
	if s.asTest(fails) {
		session.Publish(s.env, r, text, &commands)
	} else {
		session.Publish(s.env, r, text, os.Stderr)
	}
	s.print(commands.String(), text, fails)
}

// asTest reports whether what is written is to be the output of a test called TestMain.
func (s *suite) asTest(fails bool) bool { return forJSON() && fails && !s.env.Warn }

// print writes a report, of a failure or of notes alone, after workflow commands.
func (s *suite) print(commands, text string, fails bool) {
	if !s.asTest(fails) {
		fmt.Fprintln(os.Stderr, report.Indented(report.For(os.Stderr, text)))
		return
	}
	const mark = "\x16" // which tells test2json that a line is no output of a test
	fmt.Printf("%s=== RUN   TestMain\n%s%s    %s%s\n%s--- FAIL: TestMain (0.00s)\n", mark, commands, errorBegins, report.Indented(text), errorEnds, mark)
}
