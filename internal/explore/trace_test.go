package explore_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leakassert/leakassert/internal/explore"
	"github.com/leakassert/leakassert/internal/explore/op"
	"github.com/leakassert/leakassert/internal/explore/rewritten"
)

func TestMarks(t *testing.T) {
	var v atomic.Int64
	operation := func(i, points int) {
		explore.Begin(i)
		rewritten.Points(&v, points)
		explore.End(i)
	}
	orders := map[string]int{}
	c := explore.Config{
		New: func() explore.Program {
			return explore.Program{
				Setup: func() { operation(100, 5) },
				Tasks: []func(){func() { operation(0, 1); operation(1, 2) }, func() { operation(2, 1) }},
			}
		},
		Judge: func(x *explore.Execution) string {
			var text strings.Builder
			for _, m := range x.Marks[2:] {
				if m.End {
					fmt.Fprintf(&text, "%d/%d) ", m.Op, m.Steps)
				} else {
					fmt.Fprintf(&text, "(%d ", m.Op)
				}
			}
			orders[text.String()]++
			if x.Marks[1] != (explore.Mark{Task: -1, Op: 100, End: true, Steps: 5}) {
				return fmt.Sprint(x.Marks[1])
			}
			return ""
		},
	}
	mustHold(t, c)
	// Operations of one point are one after another whichever way; only the one of two points is interrupted.
	want := []string{"(0 0/1) (1 (2 2/1) 1/2) ", "(0 0/1) (1 1/2) (2 2/1) ", "(0 0/1) (2 2/1) (1 1/2) ", "(2 2/1) (0 0/1) (1 1/2) "}
	if diff := cmp.Diff(want, keys(orders)); diff != "" {
		t.Errorf("histories (-want +got):\n%s", diff)
	}
	explore.Begin(1) // does nothing outside
	explore.End(1)
}

func TestTrace(t *testing.T) {
	c := pair(rewritten.Pairs[0], true)
	r, err := explore.Explore(c)
	if err != nil || r.Fault == nil {
		t.Fatal(r.Summary(), err)
	}
	var got []string
	for _, s := range r.Fault.Execution.Steps {
		if !s.Known || s.Size != 8 {
			t.Errorf("%+v", s)
		}
		text := fmt.Sprintf("%d %s %d→%d", s.Task, op.Name(s.Code), s.Before, s.After)
		if s.Preempted {
			text += " preempting"
		} else if s.Switched {
			text += " next"
		}
		got = append(got, text)
	}
	first, second := "0", "1"
	if got[0][0] == '1' {
		first, second = second, first
	}
	want := []string{first + " Load 0→0", second + " Load 0→0 preempting", second + " Store 0→1", first + " Store 1→1 next", "-1 Load 1→1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
}

func TestHolders(t *testing.T) {
	r, err := explore.Explore(pair(rewritten.Pairs[3], true))
	if err != nil || r.Fault == nil {
		t.Fatal(r.Summary(), err)
	}
	for _, w := range r.Fault.Execution.Deadlock {
		if !w.Held || w.Holder != 1-w.Task || w.Site != 1103 {
			t.Errorf("%+v", w)
		}
	}
}
