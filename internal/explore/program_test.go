package explore_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/leakassert/leakassert/internal/explore"
	"github.com/leakassert/leakassert/internal/explore/rewritten"
)

// outcomes explores a program whose After returns what it did, and returns how
// many schedules did what.
func outcomes(t *testing.T, f func() rewritten.Program) map[string]int {
	t.Helper()
	did := map[string]int{}
	r, err := explore.Explore(config(func() rewritten.Program {
		p := f()
		after := p.After
		p.After = func() string {
			did[after()]++
			return ""
		}
		return p
	}))
	if err != nil || r.Fault != nil || r.Diverged != 0 {
		t.Fatal(r.Summary(), r.Diverged, err)
	}
	return did
}

func keys(m map[string]int) []string { return slices.Sorted(maps.Keys(m)) }

// mustHold explores a program in which nothing is wrong.
func mustHold(t *testing.T, c explore.Config) explore.Result {
	t.Helper()
	r, err := explore.Explore(c)
	if err != nil || r.Fault != nil || r.Diverged != 0 {
		t.Fatal(r.Summary(), r.Diverged, err)
	}
	return r
}

func TestChannels(t *testing.T) {
	mustHold(t, config(func() rewritten.Program { return rewritten.PingPong(3) }))
	if diff := cmp.Diff([]string{"12", "21", "3", "30"}, keys(outcomes(t, rewritten.Selects))); diff != "" {
		t.Errorf("sums of two senders that choose (-want +got):\n%s", diff)
	}
	r, err := explore.Explore(config(rewritten.NilChannel))
	if err != nil || r.Fault == nil || !strings.Contains(r.Fault.Message, "task 0 waits (receive)") {
		t.Error(r.Summary(), err)
	}
}

func TestOrders(t *testing.T) {
	mustHold(t, config(rewritten.Publish))
	mustHold(t, config(rewritten.OnceValues))
}

func TestTime(t *testing.T) {
	began := time.Now()
	if diff := cmp.Diff([]string{"[1 2 3]"}, keys(outcomes(t, rewritten.Sleepers))); diff != "" {
		t.Errorf("sleepers wake in the order of their times (-want +got):\n%s", diff)
	}
	want := "[true false tick 1s tick 2s func tick 3s true 2h0m3s]"
	for got := range outcomes(t, rewritten.Timers) {
		if got = strings.Replace(got, "func tick 2s", "tick 2s func", 1); got != want {
			t.Errorf("timers: %s, want %s", got, want)
		}
	}
	if took := time.Since(began); took > time.Hour {
		t.Errorf("virtual time took %v", took)
	}
}

// TestLeft holds that a goroutine that a janitor's loop keeps is left and is no deadlock.
func TestLeft(t *testing.T) {
	c := config(rewritten.Janitor)
	c.Judge = left
	r, err := explore.Explore(c)
	if err != nil || r.Fault == nil || r.Fault.Message != "left: task 1 (receive)" {
		t.Error(r.Summary(), err)
	}
}

// TestUnwind holds that a task that is left unlocks what it has locked: the
// lock lives on between executions.
func TestUnwind(t *testing.T) {
	for range 3 {
		mustHold(t, config(rewritten.Holding))
	}
	if !rewritten.Global.TryLock() {
		t.Fatal("the lock is still held")
	}
	rewritten.Global.Unlock()
}

func TestChance(t *testing.T) {
	first := outcomes(t, rewritten.Chance)
	if second := outcomes(t, rewritten.Chance); len(first) != 1 || !maps.Equal(first, second) {
		t.Errorf("the same seed gave %v and %v", keys(first), keys(second))
	}
	inNew := func() rewritten.Program {
		drawn := rewritten.Draw()
		return rewritten.Program{
			Tasks: []func(){func() { rewritten.Yields(1) }},
			After: func() string { return drawn },
		}
	}
	if first, second := outcomes(t, inNew), outcomes(t, inNew); len(first) != 1 || !maps.Equal(first, second) {
		t.Errorf("in New the same seed gave %v and %v", keys(first), keys(second))
	}
	c := config(rewritten.Chance)
	c.Seed = 7
	r, err := explore.Explore(c)
	if err != nil || r.Fault == nil || first[r.Fault.Message] != 0 {
		t.Errorf("another seed gave the same: %s, %v", r.Summary(), err)
	}
}

func TestLivelock(t *testing.T) {
	r, err := explore.Explore(config(rewritten.Livelock))
	if err != nil || r.Fault == nil || r.Fault.Execution.Overrun == nil || r.Fault.Execution.Overrun.Site/2 != 302 {
		t.Error(r.Summary(), err)
	}
}

// TestPatient holds that a loop that waits is no livelock although it is long, or changes something.
func TestPatient(t *testing.T) {
	for _, counting := range []bool{false, true} {
		mustHold(t, config(func() rewritten.Program { return rewritten.Patient(counting) }))
	}
}

func TestNothingRewritten(t *testing.T) {
	r, err := explore.Explore(explore.Config{New: func() explore.Program {
		return explore.Program{Tasks: []func(){func() {}, func() {}}}
	}})
	if !errors.Is(err, explore.ErrNoPoints) {
		t.Errorf("%s, %v", r.Summary(), err)
	}
	if _, _, err := explore.Replay(explore.Config{}, explore.Token{}); err == nil {
		t.Error("no program, no error")
	}
}
