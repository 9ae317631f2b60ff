package explore_test

import (
	"sync/atomic"
	"testing"

	"github.com/leakassert/leakassert/internal/explore"
	"github.com/leakassert/leakassert/internal/explore/rewritten"
)

// interleavings counts the orders of the tasks' remaining points with at most
// bound preemptions; cur ran last, or is -1.
func interleavings(left []int, cur, bound int) int {
	n, open := 0, 0
	for i := range left {
		if left[i] == 0 {
			continue
		}
		open++
		cost := 0
		if cur >= 0 && cur != i && left[cur] > 0 {
			cost = 1
		}
		if cost > bound {
			continue
		}
		left[i]--
		n += interleavings(left, i, bound-cost)
		left[i]++
	}
	if open == 0 {
		return 1
	}
	return n
}

// TestCounts holds that every order of the points is tried once: independent
// tasks have as many as combinatorics says.
func TestCounts(t *testing.T) {
	for _, points := range [][]int{{1, 1}, {4, 4}, {2, 5}, {2, 2, 2}, {1, 2, 3}, {10, 10}} {
		for bound := 1; bound <= 20; bound++ {
			if bound > 3 && (bound < 20 || points[0] == 10) {
				continue
			}
			seen := map[uint64]bool{}
			c := config(func() rewritten.Program {
				var p rewritten.Program
				for _, n := range points {
					v := new(atomic.Int64)
					p.Tasks = append(p.Tasks, func() { rewritten.Points(v, n) })
				}
				return p
			})
			c.Bound = bound
			c.Judge = func(x *explore.Execution) string {
				if seen[x.Print] {
					return "the same order again"
				}
				seen[x.Print] = true
				return ""
			}
			r, err := explore.Explore(c)
			if err != nil || r.Fault != nil || r.Bound < bound && !r.Complete {
				t.Fatal(r.Summary(), err)
			}
			if want := interleavings(append([]int(nil), points...), -1, bound); r.Schedules != want {
				t.Errorf("%v points with at most %d preemptions: %d schedules, want %d", points, bound, r.Schedules, want)
			}
			if complete := interleavings(append([]int(nil), points...), -1, 100) == r.Schedules; r.Complete != complete {
				t.Errorf("%v points with at most %d preemptions: complete is %v", points, bound, r.Complete)
			}
		}
	}
}
