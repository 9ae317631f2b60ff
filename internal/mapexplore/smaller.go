package mapexplore

import (
	"time"

	"github.com/leakassert/leakassert/internal/explore"
	"github.com/leakassert/leakassert/internal/mapdrive"
)

const (
	// minimiseTime is how long the smallest scenario is looked for.
	minimiseTime = 4 * time.Second
	// alikeSchedules is how many schedules are tried of a scenario whose fault should need the same switches.
	alikeSchedules = 150
	// No scenario takes more of the time for the smallest one, however slow the map is.
	alikeTime    = 100 * time.Millisecond
	thoroughTime = 500 * time.Millisecond
)

// finish makes a fault as small as it can.
func (x *exploration) finish(f *Found, shape string) error {
	f.Shape = shape
	if x.Found = f; f.Race {
		return nil
	}
	x.Took = time.Since(x.began)
	end := time.Now().Add(minimiseTime)
	best := f
	x.Driver.MinimiseBy(func(s mapdrive.Scenario, effort mapdrive.Effort) *mapdrive.Failure {
		found := x.same(s, best.Schedule)
		if found == nil && effort >= mapdrive.Usual {
			found = x.alike(s, best, end)
		}
		if found == nil && effort >= mapdrive.Thorough {
			c := explore.Config{Seed: x.Driver.Seed, Bound: Preemptions, Chance: firstSchedules, Schedules: 4 * firstSchedules, Until: sooner(end, thoroughTime)}
			found, _, _ = x.explore(s, c, nil) // after an error the scenario stays as it is
		}
		if found == nil {
			return nil
		}
		found.Shape = shape
		best = found
		return found.Failure
	}, f.Failure, end)
	x.Found = x.fewer(best)
	return nil
}

func sooner(end time.Time, d time.Duration) time.Time {
	if at := time.Now().Add(d); at.Before(end) {
		return at
	}
	return end
}

// alike looks for a fault of a scenario by schedules that preempt tasks at the places at which the
// schedule of f does: a scenario with less in it mostly fails in the same way.
func (x *exploration) alike(s mapdrive.Scenario, f *Found, end time.Time) *Found {
	if f.Execution == nil {
		return nil
	}
	at := f.Execution.At
	if at == nil {
		at = []uint32{}
	}
	c := explore.Config{Seed: f.Schedule.Seed, Bound: max(1, len(at)), Schedules: alikeSchedules, Until: sooner(end, alikeTime), At: at}
	found, _, err := x.explore(s, c, nil)
	if err != nil {
		return nil
	}
	return found
}

// same plays the choices of a schedule in another scenario. What fails must fail again.
func (x *exploration) same(s mapdrive.Scenario, schedule explore.Token) *Found {
	if x.Driver.Plays != nil {
		x.Driver.Plays("explore", s)
	}
	t := newTrial(x.Driver, s)
	var c explore.Config
	t.configure(&c)
	first, message, err := explore.Replay(c, explore.Token{Seed: schedule.Seed, Choices: schedule.Choices})
	if err != nil || message == "" {
		return nil
	}
	token := first.Token()
	again, message, err := explore.Replay(c, token)
	if err != nil || message == "" || again.Diverged {
		return nil
	}
	return t.found(&explore.Fault{Message: message, Token: token, Execution: again})
}

// fewer looks for a schedule of the scenario with fewer preemptions.
func (x *exploration) fewer(f *Found) *Found {
	t := newTrial(x.Driver, *f.Failure.Scenario)
	c := explore.Config{Seed: x.Driver.Seed, Bound: Preemptions, Until: time.Now().Add(time.Second)}
	t.configure(&c)
	fault, err := explore.Minimise(c, &explore.Fault{Message: f.Failure.What, Token: f.Schedule, Execution: f.Execution})
	if err != nil || fault == nil {
		return f
	}
	// Replay it, so that the trial has its records.
	execution, message, err := explore.Replay(c, fault.Token)
	if err != nil || message == "" {
		return f
	}
	least := t.found(&explore.Fault{Message: message, Token: fault.Token, Execution: execution})
	least.Shape = f.Shape
	return least
}
