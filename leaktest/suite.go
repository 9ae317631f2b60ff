package leaktest

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/heapprobe"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

// A suiteRun is the check around all tests of a package.
type suiteRun struct {
	env   check.Env
	plan  check.Plan
	check *probe.Check
	notes []string

	// When the suite is repeated: what is new in the process, whoever made it.
	process *probe.Check
	growth  growth

	mu      sync.Mutex
	unowned []Leak // what tests have found that is perhaps not theirs
}

// Add takes what a test has found and can't be made to answer for.
func (s *suiteRun) Add(leaks []Leak) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unowned = append(s.unowned, leaks...)
}

// leastHeapRuns is from how many runs on the heap is followed: with two, what the
// second one makes on first use would seem to grow.
const leastHeapRuns = 3

// follow begins to follow what is new in the process.
func (s *suiteRun) follow() {
	config := s.plan.Config
	config.Limit = nil // of what a test may leave
	config.Probes = slices.DeleteFunc(slices.Clone(config.Probes), func(p probe.Probe) bool { return p == probe.Probe(heapprobe.Probe{}) })
	if s.env.Repeat >= leastHeapRuns {
		config.Probes = append(config.Probes, heapprobe.Probe{})
	} else {
		s.notes = append(s.notes, fmt.Sprintf("heap: not followed over %d runs: write LEAKTEST=repeat=%d", s.env.Repeat, leastHeapRuns))
	}
	s.process = probe.Begin(nil, probe.Scope{Outside: true, Borrows: true, Trace: s.env.Trace}, config)
}

// ran notes what is held after a run of the suite that is repeated.
func (s *suiteRun) ran(i int) {
	s.growth.round(s.process.Held(s.plan.Settle, func(held []Leak) bool {
		if i == 0 {
			return len(held) == 0
		}
		return !s.growth.grows(held)
	}), 1)
}

// end reports what no test owns. It looks also when tests have failed: what
// those have left behind has been noted as theirs.
func (s *suiteRun) end() (clean bool) {
	f := s.check.End()
	leaks := append(append(append(s.unowned, f.Leaks...), f.Shared...), f.Elsewhere...)
	leaks = probe.Group(leaks, nil)
	s.say("what no test owns", leaks, append(s.notes, f.Notes...), f.Settled)
	var grown []Leak
	if s.process != nil {
		grown = s.growth.persistent(s.process.Explain)
		s.say("each run of the suite", grown, nil, s.plan.Settle)
	}
	return len(leaks) == 0 && len(grown) == 0
}

func (s *suiteRun) say(subject string, leaks []Leak, notes []string, settled time.Duration) {
	if len(leaks) > 0 || len(notes) > 0 {
		fmt.Fprintln(os.Stderr, report.Indented(report.Report{
			Subject: subject, Leaks: leaks, Notes: notes, Settled: settled, Trace: s.env.Trace,
		}.Text()))
	}
}
