package mapexplore

import (
	"fmt"
	"maps"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/explore"
	"github.com/leakassert/leakassert/internal/explore/rewritten"
	"github.com/leakassert/leakassert/internal/mapdrive"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// copying is a map whose Store of a new key makes a copy of the table. It drops what is written beside
// that, once the table has from entries.
type copying struct {
	mu    sync.Mutex // for the race detector; never held at a point
	table map[int]int
	point atomic.Int64
	from  int
}

func (c *copying) Do(op mapdrive.Op) mapdrive.Result {
	rewritten.Point(&c.point)
	c.mu.Lock()
	defer c.mu.Unlock()
	state, ok := c.table[op.Key]
	if !ok {
		state = mapdrive.Absent
	}
	table := c.table
	if op.Kind == mapdrive.Store && !ok && len(table) >= c.from {
		table = maps.Clone(table)
		c.mu.Unlock()
		rewritten.Points(&c.point, 3)
		c.mu.Lock()
		c.table = table
	}
	next, result := mapdrive.Step(state, op)
	if next == mapdrive.Absent {
		delete(table, op.Key)
	} else {
		table[op.Key] = next
	}
	return result
}

func (c *copying) Has(k mapdrive.Kind) bool {
	return k == mapdrive.Load || k == mapdrive.Store || k == mapdrive.Delete
}

func (c *copying) Range(f func(key, val int) bool) {
	for k, v := range maps.Clone(c.table) {
		if !f(k, v) {
			return
		}
	}
}

func (c *copying) Len() int { return len(c.table) }

type plain struct{}

func (plain) Key(k int) string { return fmt.Sprint(k) }
func (plain) Val(v int) string { return fmt.Sprint(v) }

type nowhere struct{}

func (nowhere) Name(uint32) (file string, line int, function, operation string) { return }

func explorer(from int, budget time.Duration, seed uint64) *Explorer {
	d := &mapdrive.Driver{Namer: plain{}, Keys: 128, Vals: 100, Workers: 4, Seed: seed}
	d.New = func() mapdrive.Target { return &copying{table: make(map[int]int), from: from} }
	return &Explorer{Driver: d, Budget: budget}
}

// The smallest setup is as many keys as the fault needs.
func TestSetupIsMadeSmaller(t *testing.T) {
	const from = 40
	for seed := range uint64(3) {
		r, err := explorer(from, 20*time.Second, seed).Run()
		require.NoError(t, err)
		require.NotNil(t, r.Found)
		s := r.Found.Failure.Scenario
		assert.LessOrEqual(t, len(s.Setup), from, r.Summary())
		require.Len(t, s.Workers, 2, r.Summary())
		assert.LessOrEqual(t, len(s.Workers[0])+len(s.Workers[1]), 3, r.Summary())
		assert.LessOrEqual(t, r.Found.Execution.Preemptions, 1, r.Summary())
		assert.Regexp(t, `^found after [\d ]+ schedules in \S+; made smaller: \d+ setup \+ [23] concurrent operations, preemptions: [01]$`, r.Summary()[0])
		assert.Regexp(t, `^after \d+ operations of about 1 step each, Store\(\d+, \d+\) takes 4 steps: it may make a table larger or smaller\n`, r.Found.Story(plain{}, nowhere{}))
	}
}

// A scenario that several passes explore counts once.
func TestTally(t *testing.T) {
	r, err := explorer(1<<20, 3*time.Second, 1).Run()
	require.NoError(t, err)
	require.Nil(t, r.Found, r.Found)
	all := false
	for _, shape := range r.Shapes {
		all = all || shape.Of > 0 && shape.Scenarios == shape.Of
		if shape.Of > 0 {
			assert.LessOrEqual(t, shape.Exhausted, shape.Of, shape.Name)
			assert.LessOrEqual(t, shape.Exhausted, shape.Scenarios, shape.Name)
		}
	}
	assert.True(t, all, "no shape was explored to its end: %v", r.Summary())

	var tally Tally
	for _, c := range []struct {
		scenario int
		explore.Result
		exhausted int
	}{
		{0, explore.Result{Schedules: 400, Bound: 1}, 0},
		{1, explore.Result{Schedules: 90, Bound: 2}, 1},
		{2, explore.Result{Schedules: 3, Bound: 1, Complete: true}, 2},
		{3, explore.Result{Schedules: 90, Bound: 2, Unconfirmed: 1}, 2}, // a fault that is not told does not hold
		{1, explore.Result{Schedules: 700, Bound: 2}, 2},
		{0, explore.Result{Schedules: 900, Bound: 2}, 3},
	} {
		tally.add(c.scenario, c.Result)
		assert.Equal(t, c.exhausted, tally.Exhausted)
	}
	assert.Equal(t, 400+90+3+90+700+900, tally.Schedules)
}

func TestSummary(t *testing.T) {
	r := Report{Diverged: 1200, Unconfirmed: 3, Shapes: []Tally{
		{Name: "pairs", Scenarios: 36, Of: 36, Exhausted: 36, Schedules: 12480},
		{Name: "edges", Scenarios: 20, Of: 36, Exhausted: 18, Schedules: 5000},
		{Name: "three workers", Scenarios: 7, Schedules: 2800},
		{Name: "crowd", Of: 4},
	}}
	assert.Equal(t, []string{
		"all schedules with at most 2 preemptions of 36 pairs hold (12 480 schedules tried)",
		"5 000 schedules of 20 of 36 edges hold, 18 of these with all schedules of at most 2 preemptions",
		"2 800 schedules of 7 scenarios by chance hold: three workers",
		"not explored: crowd",
	}, r.Summary())
	assert.Equal(t, []string{
		"1 200 executions did something else than their schedule was made for: the map depends on what is not controlled",
		"3 executions showed a fault, which is not reported: two replays of the schedule did not show it again",
	}, r.Limits())
}
