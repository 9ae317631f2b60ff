// Package mapexplore explores the schedules of small scenarios of a map. The packages of the map must
// be rewritten: see package instrument.
package mapexplore

import (
	"cmp"
	"errors"
	"time"

	"github.com/leakassert/leakassert/internal/explore"
	"github.com/leakassert/leakassert/internal/mapdrive"
)

// An Explorer explores maps of one kind.
type Explorer struct {
	Driver *mapdrive.Driver
	Budget time.Duration
	// Spare is the part of the budget that is left for keys that collide, if the map hashes keys by means
	// that are controlled: see Report.Hashed.
	Spare time.Duration
	// Around, if not nil, is a scenario in which a fault was found. Parts of it are explored, too.
	Around *mapdrive.Scenario
	// Progress, if not nil, is called from time to time.
	Progress func(Report)
}

// A Report says what was explored, and what was found.
type Report struct {
	// Found is nil if nothing is wrong.
	Found *Found
	// Shapes has the shapes in the order of mapdrive.Shapes.
	Shapes []Tally
	// Schedules is how many schedules were tried.
	Schedules int
	// Sites is how many places were reached, and Switched at how many of them another worker has run.
	Sites, Switched int
	// Diverged is how many executions did not do what their schedule was made for, and Unconfirmed how
	// many faults were not seen again in two replays.
	Diverged, Unconfirmed int
	// Hashed says that the map hashes keys by means that are controlled.
	Hashed bool
	// Took is how long it took to find a fault, before the scenario was made smaller.
	Took time.Duration
}

// Preemptions is the most preemptions with which all schedules of a scenario are tried.
const Preemptions = 2

// A Found is a fault, with the schedule that shows it.
type Found struct {
	Failure   *mapdrive.Failure
	Schedule  explore.Token
	Execution *explore.Execution
	Shape     string
	Race      bool // the race detector has reported it, and no schedule shows it again
}

const (
	// The passes over the shapes try more and more schedules of each scenario.
	firstSchedules = 400
	moreSchedules  = 8
	passes         = 4
	// byChance is how many scenarios a pass tries of a shape that chooses them by chance.
	byChance = 40
	// chance is which share of a pass's schedules have more preemptions, where few have so many.
	chance = 4
	// often is how often progress is reported.
	often = time.Second
)

// steps is how many points an operation may take: maps that wait for others give way.
const steps = 100_000

// ErrDiverged is returned by Again for a token that is not of the scenario.
var ErrDiverged = errors.New("the schedule is not one of this map: it does something else than when the schedule was written; the map, or Go, may have changed")

// Run explores until something is wrong or the budget is over. The error says why it could not go on.
func (e *Explorer) Run() (r Report, err error) {
	now := time.Now()
	x := &exploration{Explorer: e, began: now, end: now.Add(e.Budget), said: now}
	err = x.run()
	return x.Report, err
}

type exploration struct {
	*Explorer
	Report
	began, end, said time.Time
	points           uint64 // that executions have reached
}

func (x *exploration) run() error {
	long := x.Driver.Filling()
	if done, err := x.fill(&long); done || err != nil {
		return err
	}
	fillings := []mapdrive.Filling{long}
	if short := x.Driver.ShortFilling(long); len(short.Ops) > 0 {
		if done, err := x.fill(&short); done || err != nil {
			return err
		}
		fillings = []mapdrive.Filling{short, long}
	}
	if x.Hashed = explore.Hashed(); x.Hashed {
		x.end = x.end.Add(-x.Spare)
	}
	shapes := x.Driver.Shapes(fillings...)
	if x.Around != nil {
		shapes = append([]mapdrive.Shape{x.Driver.Around(*x.Around)}, shapes...)
	}
	for _, s := range shapes {
		x.Shapes = append(x.Shapes, Tally{Name: s.Name, Of: s.Size})
	}
	schedules := firstSchedules
	for pass := range passes {
		for i, more := 0, true; more; i++ { // interleaved: no shape waits for the others
			more = false
			for k, shape := range shapes {
				size := cmp.Or(shape.Size, byChance)
				if i >= size {
					continue
				}
				more = true
				n := i
				if shape.Size == 0 {
					n += pass * byChance
				}
				if done, err := x.one(shape, k, n, schedules, pass); done || err != nil {
					return err
				}
			}
		}
		schedules *= moreSchedules
	}
	if x.points == 0 {
		return explore.ErrNoPoints
	}
	return nil
}

// fill finds out how many steps each operation takes that fills and empties a map. done says that this has
// shown a fault.
func (x *exploration) fill(f *mapdrive.Filling) (done bool, err error) {
	if len(f.Ops) == 0 {
		return false, nil
	}
	found, result, err := x.explore(f.Scenario(), explore.Config{Schedules: 1}, func(e *explore.Execution) { f.Steps = stepsOf(e) })
	x.add(result)
	switch {
	case err != nil && !errors.Is(err, explore.ErrNoPoints):
		return false, err
	case found != nil:
		return true, x.finish(found, "filling and emptying the map")
	}
	return false, nil
}

// one explores a scenario. done says that nothing more is to be explored.
func (x *exploration) one(shape mapdrive.Shape, k, n, schedules, pass int) (done bool, err error) {
	if !time.Now().Before(x.end) {
		if x.points == 0 {
			err = explore.ErrNoPoints
		}
		return true, err
	}
	c := explore.Config{Seed: x.Driver.Seed + uint64(pass), Bound: Preemptions, Chance: schedules / chance, Schedules: schedules, Until: x.end}
	found, result, err := x.explore(shape.Scenario(n), c, nil)
	tally := &x.Shapes[k]
	if pass == 0 || shape.Size == 0 {
		tally.Scenarios++
	}
	x.add(result)
	tally.add(n, result)
	if err != nil && !errors.Is(err, explore.ErrNoPoints) {
		return true, err
	}
	if found != nil {
		return true, x.finish(found, shape.Name)
	}
	if x.Progress != nil && time.Since(x.said) > often {
		x.said = time.Now()
		x.Progress(x.Report)
	}
	return false, nil
}

func (x *exploration) add(r explore.Result) {
	x.Schedules += r.Schedules
	x.points += r.Points
	x.Sites, x.Switched = max(x.Sites, r.Sites), max(x.Switched, r.Switched)
	x.Diverged += r.Diverged
	x.Unconfirmed += r.Unconfirmed
}

// explore explores the schedules of one scenario. see, if not nil, gets each execution.
func (x *exploration) explore(s mapdrive.Scenario, c explore.Config, see func(*explore.Execution)) (*Found, explore.Result, error) {
	if x.Driver.Plays != nil {
		x.Driver.Plays("explore", s)
	}
	t := newTrial(x.Driver, s)
	t.see = see
	t.configure(&c)
	races := mapdrive.RaceErrors()
	result, err := explore.Explore(c)
	switch {
	case result.Fault != nil:
		return t.found(result.Fault), result, err
	case mapdrive.RaceErrors() > races: // the race detector reports it only once
		f := t.Failure("a data race was reported while these operations ran", nil)
		f.Rounds = 0
		return &Found{Failure: f, Race: true}, result, err
	}
	return nil, result, err
}

// Again plays one schedule of a scenario. The error says that it is not a schedule of this map.
func (e *Explorer) Again(s mapdrive.Scenario, token explore.Token) (*Found, error) {
	t := newTrial(e.Driver, s)
	var c explore.Config
	t.configure(&c)
	execution, message, err := explore.Replay(c, token)
	switch {
	case err != nil:
		return nil, err
	case message != "":
		return t.found(&explore.Fault{Message: message, Token: token, Execution: execution}), nil
	case execution.Diverged:
		return nil, ErrDiverged
	}
	return nil, nil
}

// stepsOf returns how many steps each operation of the first worker has taken.
func stepsOf(e *explore.Execution) (steps []int) {
	for _, m := range e.Marks {
		if m.Task == 0 && m.End {
			steps = append(steps, m.Steps)
		}
	}
	return steps
}
