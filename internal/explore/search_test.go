package explore_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/explore"
	"github.com/leakassert/leakassert/internal/explore/rewritten"
)

// TestByChance finds faults without the walk by preemptions, and makes them small.
func TestByChance(t *testing.T) {
	for _, p := range rewritten.Pairs {
		c := pair(p, true)
		c.Bound, c.Chance, c.Seed = -1, 5000, 3
		r, err := explore.Explore(c)
		if err != nil || r.Fault == nil {
			t.Errorf("%s: %s, %v", p.Name, r.Summary(), err)
			continue
		}
		walked, err := explore.Explore(pair(p, true))
		if err != nil || walked.Fault == nil {
			t.Fatal(walked.Summary(), err)
		}
		small, err := explore.Minimise(c, r.Fault)
		if err != nil || small.Execution.Preemptions != walked.Fault.Execution.Preemptions {
			t.Errorf("%s: made from %d to %d preemptions, %v", p.Name, r.Fault.Execution.Preemptions, small.Execution.Preemptions, err)
		}
		x, message, err := explore.Replay(c, small.Token)
		if err != nil || message != small.Message || x.Diverged {
			t.Errorf("%s: the small schedule: %q, %v", p.Name, message, err)
		}
		t.Logf("%s: schedule %d, from %d to %d preemptions", p.Name, r.Schedules, r.Fault.Execution.Preemptions, small.Execution.Preemptions)
	}
}

func TestLimits(t *testing.T) {
	c := config(func() rewritten.Program { return rewritten.Duel(200) })
	c.Until = time.Now().Add(20 * time.Millisecond)
	c.Bound = 9
	if r, err := explore.Explore(c); err != nil || r.Fault != nil || r.Bound >= 9 || r.Schedules == 0 {
		t.Error(r.Summary(), err)
	}
	c = config(func() rewritten.Program { return rewritten.Duel(10) })
	c.Schedules = 7
	if r, err := explore.Explore(c); err != nil || r.Schedules != 7 || r.Bound != 0 {
		t.Error(r.Summary(), err)
	}
}

// TestMinimise takes the switches out of a schedule that do not matter: a
// fault of one preemption among three tasks with much else to do.
func TestMinimise(t *testing.T) {
	c := config(func() rewritten.Program {
		p := rewritten.Pairs[0].Make(true)
		var v atomic.Int64
		for i, task := range p.Tasks {
			p.Tasks[i] = func() {
				rewritten.Points(&v, 20)
				task()
				rewritten.Points(&v, 20)
			}
		}
		p.Tasks = append(p.Tasks, func() { rewritten.Points(&v, 40) })
		return p
	})
	c.Bound, c.Chance = -1, 100_000
	needless := 0
	for seed := range uint64(20) {
		c.Seed = seed
		r, err := explore.Explore(c)
		if err != nil || r.Fault == nil {
			t.Fatal(r.Summary(), err)
		}
		small, err := explore.Minimise(c, r.Fault)
		if err != nil || small.Execution.Preemptions != 1 || len(small.Token.Choices) > 3 {
			t.Errorf("seed %d: from %d to %d preemptions, %d choices, %v", seed, r.Fault.Execution.Preemptions,
				small.Execution.Preemptions, len(small.Token.Choices), err)
		}
		needless += r.Fault.Execution.Preemptions - small.Execution.Preemptions
	}
	if needless == 0 {
		t.Error("no schedule had a preemption to take out")
	}
}

// TestAt preempts tasks only where a schedule did that shows the fault.
func TestAt(t *testing.T) {
	for _, p := range rewritten.Pairs {
		r, err := explore.Explore(pair(p, true))
		if err != nil || r.Fault == nil {
			t.Fatal(r.Summary(), err)
		}
		at := r.Fault.Execution.At
		if len(at) != r.Fault.Execution.Preemptions {
			t.Errorf("%s: %d places, %d preemptions", p.Name, len(at), r.Fault.Execution.Preemptions)
		}
		c := pair(p, true)
		c.At = append([]uint32{}, at...)
		again, err := explore.Explore(c)
		if err != nil || again.Fault == nil || again.Schedules > r.Schedules {
			t.Errorf("%s at %v: %s instead of %s, %v", p.Name, at, again.Summary(), r.Summary(), err)
		}
		if len(at) == 0 {
			continue
		}
		c.At, c.Schedules = []uint32{}, 1000
		if none, err := explore.Explore(c); err != nil || none.Fault != nil || none.Bound > 0 || none.Schedules >= r.Schedules {
			t.Errorf("%s nowhere: %s, bound %d, %v", p.Name, none.Summary(), none.Bound, err)
		}
	}
}
