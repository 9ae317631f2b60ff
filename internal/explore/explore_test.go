package explore_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/explore"
	"github.com/leakassert/leakassert/internal/explore/op"
	"github.com/leakassert/leakassert/internal/explore/rewritten"
)

func program(p rewritten.Program) explore.Program { return explore.Program(p) }

// config explores what f makes.
func config(f func() rewritten.Program) explore.Config {
	return explore.Config{New: func() explore.Program { return program(f()) }, Steps: 2000}
}

// pair explores one form of a pair; goroutines that are left are a fault.
func pair(p rewritten.Pair, broken bool) explore.Config {
	c := config(func() rewritten.Program { return p.Make(broken) })
	c.Judge = left
	return c
}

func left(x *explore.Execution) string {
	var list []string
	for _, w := range x.Left {
		list = append(list, fmt.Sprintf("task %d (%s)", w.Task, op.Name(w.Code)))
	}
	if list == nil {
		return ""
	}
	return "left: " + strings.Join(list, ", ")
}

// fewSchedules is what each broken program's fault is found within. The
// race detector makes a schedule slow, not the search longer.
const fewSchedules = 200

func TestBroken(t *testing.T) {
	for _, p := range rewritten.Pairs {
		t.Run(p.Name, func(t *testing.T) {
			for seed := range uint64(5) {
				c := pair(p, true)
				c.Seed, c.Schedules = seed, fewSchedules
				r, err := explore.Explore(c)
				if err != nil {
					t.Fatal(err)
				}
				if r.Fault == nil || !strings.Contains(r.Fault.Message, p.Fault) {
					t.Fatalf("seed %d: %s, want a fault that contains %q", seed, r.Summary(), p.Fault)
				}
				if r.Diverged != 0 || r.Unconfirmed != 0 {
					t.Errorf("seed %d: %d executions diverged, %d faults were not confirmed", seed, r.Diverged, r.Unconfirmed)
				}
				t.Logf("seed %d: %s, %d preemptions", seed, r.Summary(), r.Fault.Execution.Preemptions)
			}
		})
	}
}

func TestMended(t *testing.T) {
	for _, p := range rewritten.Pairs {
		t.Run(p.Name, func(t *testing.T) {
			r, err := explore.Explore(pair(p, false))
			if err != nil {
				t.Fatal(err)
			}
			if r.Fault != nil || r.Bound != 2 && !r.Complete || r.Diverged != 0 {
				t.Fatalf("%s; bound %d, %d executions diverged", r.Summary(), r.Bound, r.Diverged)
			}
			t.Log(r.Summary())
		})
	}
}
