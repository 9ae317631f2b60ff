package explore_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leakassert/leakassert/internal/explore"
	"github.com/leakassert/leakassert/internal/explore/rewritten"
	"github.com/leakassert/leakassert/internal/long"
)

// An instruction is an operation of rewritten.Machine.
type instruction struct {
	operation byte
	v         int
}

func (in instruction) String() string { return fmt.Sprintf("%c%d", in.operation, in.v) }

// A model is a state of a machine and of the tasks that use it: what Go's
// specification and package sync say, without a scheduler.
type model struct {
	x        [2]int
	writer   bool
	readers  int
	buffered []int
	tasks    []modelTask
	clock    int
}

type modelTask struct {
	at       int
	seen     []int
	arrived  int // when it began to wait, or 0
	stage    int // of an operation of several steps
	signaled bool
}

func (m model) copy() model {
	m.buffered = slices.Clone(m.buffered)
	m.tasks = slices.Clone(m.tasks)
	for i := range m.tasks {
		m.tasks[i].seen = slices.Clone(m.tasks[i].seen)
	}
	return m
}

func (m *model) done(i, seen int) {
	t := &m.tasks[i]
	*t = modelTask{at: t.at + 1, seen: append(t.seen, seen)}
}

// waiting returns the task that has waited longest at an operation, or -1.
func (m *model) waiting(programs [][]instruction, operation byte) int {
	first := -1
	for i, t := range m.tasks {
		if t.arrived > 0 && !t.signaled && programs[i][t.at].operation == operation && (first < 0 || t.arrived < m.tasks[first].arrived) {
			first = i
		}
	}
	return first
}

// step lets task i do its next step, and returns the states to which it may lead.
func (m model) step(programs [][]instruction, i int) []model {
	m = m.copy()
	m.clock++
	t := &m.tasks[i]
	in := programs[i][t.at]
	x := &m.x[in.v&1]
	wants := func(operation byte) bool { return m.waiting(programs, operation) >= 0 }
	switch in.operation {
	case 'l':
		m.done(i, *x)
	case 's':
		*x = in.v
		m.done(i, 0)
	case 'a':
		*x += in.v
		m.done(i, *x)
	case 'c':
		seen := 0
		if *x == 0 {
			*x, seen = in.v, 1
		}
		m.done(i, seen)
	case 'L':
		if m.writer || m.readers > 0 {
			if t.arrived > 0 {
				return nil
			}
			t.arrived = m.clock // from here on no reader gets in
			return []model{m}
		}
		m.writer = true
		m.done(i, 0)
	case 'U':
		m.writer = false
		m.done(i, 0)
	case 'R':
		if m.writer || wants('L') || m.relocking(programs) {
			return nil
		}
		m.readers++
		m.done(i, 0)
	case 'r':
		m.readers--
		m.done(i, 0)
	case 'S':
		if t.arrived > 0 {
			return nil
		}
		if r := m.waiting(programs, 'T'); r >= 0 {
			m.done(r, in.v)
			m.done(i, 0)
		} else {
			t.arrived = m.clock
		}
	case 'T':
		if t.arrived > 0 {
			return nil
		}
		if s := m.waiting(programs, 'S'); s >= 0 {
			v := programs[s][m.tasks[s].at].v
			m.done(s, 0)
			m.done(i, v)
		} else {
			t.arrived = m.clock
		}
	case 'B':
		if len(m.buffered) == 1 {
			return nil
		}
		m.buffered = append(m.buffered, in.v)
		m.done(i, 0)
	case 'b':
		if len(m.buffered) == 0 {
			return nil
		}
		v := m.buffered[0]
		m.buffered = nil
		m.done(i, v)
	case 'x':
		if r := m.waiting(programs, 'T'); r >= 0 {
			m.done(r, in.v)
			m.done(i, 0)
		} else {
			m.done(i, -1)
		}
	case 'y':
		var list []model
		if s := m.waiting(programs, 'S'); s >= 0 {
			n := m.copy()
			v := programs[s][n.tasks[s].at].v
			n.done(s, 0)
			n.done(i, 100+v)
			list = append(list, n)
		}
		if len(m.buffered) > 0 {
			n := m.copy()
			n.buffered = nil
			n.done(i, 200+m.buffered[0])
			list = append(list, n)
		}
		if list == nil {
			m.done(i, -1)
			list = append(list, m)
		}
		return list
	case 'w':
		switch t.stage {
		case 0, 3: // lock
			if m.writer || m.readers > 0 {
				if t.stage == 0 {
					t.stage = 10
				} else {
					t.stage = 13
				}
				return []model{m}
			}
			m.writer = true
			t.stage++
		case 10, 13: // lock, having waited
			if m.writer || m.readers > 0 {
				return nil
			}
			m.writer = true
			t.stage -= 9
		case 1: // join the waiters
			t.arrived = m.clock
			t.stage = 2
		case 2: // unlock
			m.writer = false
			t.stage = 5
		case 5: // wait
			if !t.signaled {
				return nil
			}
			t.signaled, t.arrived = false, 0
			t.stage = 3
		case 4:
			m.writer = false
			m.done(i, 0)
		}
	case '!':
		if w := m.waiting(programs, 'w'); w >= 0 {
			m.tasks[w].signaled = true
		}
		m.done(i, 0)
	}
	return []model{m}
}

// relocking reports whether a waiter of the Cond waits for the lock.
func (m *model) relocking(programs [][]instruction) bool {
	return slices.ContainsFunc(m.tasks, func(t modelTask) bool { return t.stage >= 10 })
}

// ends collects how the programs may end.
func (m model) ends(programs [][]instruction, found, visited map[string]bool) {
	key := fmt.Sprint(m)
	if visited[key] {
		return
	}
	visited[key] = true
	moved := false
	for i := range m.tasks {
		if m.tasks[i].at == len(programs[i]) {
			continue
		}
		for _, n := range m.step(programs, i) {
			moved = true
			n.clock = m.clock + 1
			n.ends(programs, found, visited)
		}
	}
	if !moved {
		text := ""
		for _, t := range m.tasks {
			text += fmt.Sprint(t.seen)
		}
		found[text] = true
	}
}

// topics are operations that have to do with each other: a program keeps to two of them.
var topics = []string{"lsac", "LRac", "RLl", "STxy", "STS", "Bby", "w!w!", "w!lL"}

// draw returns a program of n instructions that unlocks what it locks.
func draw(r *rand.Rand, operations string, n int) []instruction {
	var list []instruction
	one := func(operations string) instruction {
		return instruction{operations[r.IntN(len(operations))], 1 + r.IntN(3)}
	}
	for len(list) < n {
		switch in := one(operations); in.operation {
		case 'L':
			list = append(list, in, one("lsac!"), instruction{'U', 0})
		case 'R':
			list = append(list, in, one("lac!"), instruction{'r', 0})
			if r.IntN(3) == 0 { // a reader within a reader
				list = append(list, instruction{'r', 0})
				list = slices.Insert(list, len(list)-3, in)
			}
		default:
			list = append(list, in)
		}
	}
	return list
}

func programsToDraw() int {
	switch {
	case explore.RaceEnabled:
		return 15
	case long.Run():
		return 400
	}
	return 50
}

// TestModel compares what programs drawn by chance do under all schedules with
// what a model of Go's operations says that they may do: nothing more, nothing less.
func TestModel(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	schedules, deadlocks := 0, 0
	for n := range programsToDraw() {
		var programs [][]instruction
		operations := topics[r.IntN(len(topics))] + topics[r.IntN(len(topics))]
		for range 2 + n%2 {
			programs = append(programs, draw(r, operations, 3-n%2))
		}
		want := map[string]bool{}
		model{tasks: make([]modelTask, len(programs))}.ends(programs, want, map[string]bool{})

		got := map[string]bool{}
		seen := make([][]int, len(programs))
		c := explore.Config{Bound: 100, Seed: uint64(n), New: func() explore.Program {
			m := rewritten.NewMachine()
			var p explore.Program
			for i, program := range programs {
				seen[i] = seen[i][:0]
				p.Tasks = append(p.Tasks, func() {
					for _, in := range program {
						seen[i] = append(seen[i], m.Do(in.operation, in.v))
					}
				})
			}
			return p
		}}
		c.Expected = func(x *explore.Execution) bool {
			deadlocks++
			return x.Deadlock != nil
		}
		c.Judge = func(*explore.Execution) string {
			text := ""
			for _, s := range seen {
				text += fmt.Sprint(s)
			}
			got[text] = true
			return ""
		}
		result, err := explore.Explore(c)
		if err != nil || result.Fault != nil || !result.Complete || result.Diverged > 0 {
			t.Fatal(programs, result.Summary(), err)
		}
		schedules += result.Schedules
		if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
			t.Fatalf("program %d %v (-model +explored):\n%s", n, programs, diff)
		}
	}
	t.Logf("%d schedules, %d of them with a deadlock", schedules, deadlocks)
}
