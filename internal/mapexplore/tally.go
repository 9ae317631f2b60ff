package mapexplore

import (
	"fmt"
	"slices"
	"time"

	"github.com/leakassert/leakassert/internal/digits"
	"github.com/leakassert/leakassert/internal/explore"
)

// A Tally counts what was explored of a shape.
type Tally struct {
	Name string
	// Scenarios is how many were explored, of Of; Of is 0 if they are chosen by chance.
	Scenarios, Of int
	Schedules     int
	// Exhausted is how many were explored with all schedules of at most Preemptions.
	Exhausted int

	exhausted map[int]bool // by the number of the scenario
}

// add counts what was explored of scenario n. Several passes explore the same scenario.
func (t *Tally) add(n int, r explore.Result) {
	t.Schedules += r.Schedules
	if r.Unconfirmed > 0 || r.Bound < Preemptions && !r.Complete {
		return
	}
	if t.exhausted == nil {
		t.exhausted = make(map[int]bool)
	}
	t.exhausted[n] = true
	t.Exhausted = len(t.exhausted)
}

// size says how small the fault was made.
func (f *Found) size() string {
	if f.Execution == nil {
		return ""
	}
	ops := 0
	for _, w := range f.Failure.Scenario.Workers {
		ops += len(w)
	}
	return fmt.Sprintf("; made smaller: %d setup + %d concurrent operations, preemptions: %d", len(f.Failure.Scenario.Setup), ops, f.Execution.Preemptions)
}

// Summary says what was explored: "all 12 480 schedules with at most 2 preemptions of 36 pairs of
// operations on one key hold".
func (r Report) Summary() (lines []string) {
	if r.Found != nil {
		return []string{fmt.Sprintf("found after %s schedules in %v%s", digits.Group(r.Schedules), r.Took.Round(time.Millisecond), r.Found.size())}
	}
	for _, t := range r.Shapes {
		switch {
		case t.Scenarios == 0:
			lines = append(lines, "not explored: "+t.Name)
		case t.Of > 0 && t.Exhausted >= t.Of:
			lines = append(lines, fmt.Sprintf("all schedules with at most %d preemptions of %d %s hold (%s schedules tried)", Preemptions, t.Of, t.Name, digits.Group(t.Schedules)))
		case t.Of > 0:
			lines = append(lines, fmt.Sprintf("%s schedules of %d of %d %s hold, %d of these with all schedules of at most %d preemptions", digits.Group(t.Schedules), t.Scenarios, t.Of, t.Name, t.Exhausted, Preemptions))
		default:
			lines = append(lines, fmt.Sprintf("%s schedules of %d scenarios by chance hold: %s", digits.Group(t.Schedules), t.Scenarios, t.Name))
		}
	}
	return slices.Clip(lines)
}

// Limits says why what holds may not hold always.
func (r Report) Limits() (lines []string) {
	if r.Diverged > 0 {
		lines = append(lines, fmt.Sprintf("%s executions did something else than their schedule was made for: the map depends on what is not controlled", digits.Group(r.Diverged)))
	}
	if r.Unconfirmed > 0 {
		lines = append(lines, fmt.Sprintf("%s executions showed a fault, which is not reported: two replays of the schedule did not show it again", digits.Group(r.Unconfirmed)))
	}
	return lines
}
