// Package explore runs a small concurrent program under every schedule that
// matters, or under many of them, until one shows a fault.
//
// It lets one task run at a time and switches only at points: the atomic
// operations, locks, channel operations and the like that the rewritten
// packages announce by the helpers of package shim. In a program without data
// races no behaviour is lost by that, as Go's atomics are sequentially
// consistent. What happens between two points of a racy program happens at once.
//
// One program is explored at a time in a process. Goroutines that are no task
// of it run on beside it; the schedule does not include them.
package explore

import (
	"errors"
	"fmt"
	"time"

	"github.com/leakassert/leakassert/internal/digits"
)

// A Program is what one execution runs, made anew for each. Setup runs first and
// alone, then the Tasks beside each other, then After, alone again; each may be
// nil. A go statement in a rewritten package starts one more task. After returns
// what is wrong, or "".
type Program struct {
	Setup func()
	Tasks []func()
	After func() string
}

// A Config is what to explore, and how.
type Config struct {
	// New makes the program. It runs outside the execution: its chance is that of
	// the execution, but its operations are no points, and goroutines that it
	// starts are not controlled. What a program needs is better made in Setup.
	New func() Program
	// Judge returns what is wrong with an execution in which nothing else was
	// found wrong, or "". It sees replays of a fault, too. It may be nil.
	Judge func(*Execution) string
	// Expected reports whether an execution that ended early, by a deadlock for
	// example, is as it should be: then Judge sees it. It may be nil: nothing is.
	Expected func(*Execution) bool
	// Seed chooses the program's chance and the order of the search. The same
	// seed gives the same search.
	Seed uint64
	// Bound is the number of preemptions up to which every schedule is tried.
	// The default is 2; a negative number means none: only schedules by chance.
	// A task that waits, calls Gosched or sleeps is not preempted; nor is one that
	// waits by a loop, or that has taken an eighth of Steps, when it gives way.
	Bound int
	// Chance is how many schedules with more preemptions to try once every
	// schedule within the bound has been tried.
	Chance int
	// At, if not nil, are the only places at which a task may be preempted. Then Bound says nothing
	// about schedules with preemptions at others, and Result.Bound is at most 0. Chance ignores At.
	At []uint32
	// Schedules bounds the number of executions. The default is no bound.
	Schedules int
	// Until ends the exploration. The default is never.
	Until time.Time
	// Steps is how many points one operation, or a task outside all operations,
	// may pass before it is a fault: a livelock. The default is 100 000.
	Steps int
	// Stuck is how long a task may run or wait outside the scheduler's control
	// before the exploration ends with an error. The default is 10 s.
	Stuck time.Duration
}

// A Result is what an exploration has found.
type Result struct {
	Fault *Fault // nil if nothing is wrong
	// Schedules is the number of schedules tried, none of them twice within the bound.
	Schedules int
	// Bound is the number of preemptions up to which every schedule has been
	// tried, or -1. Complete is true if there are no schedules with more.
	Bound    int
	Complete bool
	Points   uint64 // operations announced in all executions
	Switches uint64
	// Sites is the number of places in the program that tasks have reached, and
	// Switched at how many of those another task has run in between.
	Sites, Switched int
	// Diverged counts executions in which the program did something else than
	// the schedule was made for: it depends on something that is not controlled.
	// Bound counts nothing beyond the first of them.
	Diverged int
	// Unconfirmed counts faults that two replays did not show again.
	Unconfirmed int
}

// A Fault is something wrong in one schedule, seen again in two replays of it.
type Fault struct {
	Message   string
	Token     Token
	Execution *Execution // of a replay, traced
}

// ErrNoPoints is returned when no execution has announced any operation.
var ErrNoPoints = errors.New("explore: the program reached no point at which a schedule could switch: " +
	"the packages it uses are not rewritten, or use neither atomics nor locks nor channels")

// Explore looks for a schedule of the program that shows a fault. The error
// says why the exploration could not go on; the Result holds up to then.
func Explore(c Config) (Result, error) {
	e, err := newExplorer(c)
	if err != nil {
		return Result{}, err
	}
	err = e.guard(e.search)
	r := e.so()
	if err == nil && r.Points == 0 {
		err = ErrNoPoints
	}
	return r, err
}

// so returns the result. When a task is stuck, nothing orders what the driver has written before.
//
//go:norace
func (e *explorer) so() Result { return e.result }

// Replay runs the schedule of the token once and traces it. Diverged is true in
// the Execution if the program does not do the same as it did; message is what
// is wrong, or "".
func Replay(c Config, token Token) (x *Execution, message string, err error) {
	e, err := newExplorer(c)
	if err != nil {
		return nil, "", err
	}
	err = e.guard(func() {
		e.s.tracing = true
		x, message = e.replay(token)
	})
	if err == nil && x.Points == 0 {
		err = ErrNoPoints
	}
	return x, message, err
}

// An explorer is one call of Explore, Replay or Minimise.
type explorer struct {
	Config
	s       *scheduler
	result  Result
	order   random
	longest int                   // most picks of an execution so far
	wanted  func(*Execution) bool // if not nil, the faults to look for
	stopped bool
}

func newExplorer(c Config) (*explorer, error) {
	if c.New == nil {
		return nil, errors.New("explore: Config.New is nil: it makes the program to explore")
	}
	if !countsWaitGroups() {
		return nil, errors.New("explore: this release of Go keeps the counter of sync.WaitGroup in a place that is not known: use an older one")
	}
	if c.Bound == 0 {
		c.Bound = 2
	}
	if c.Steps <= 0 {
		c.Steps = 100_000
	}
	if c.Stuck <= 0 {
		c.Stuck = 10 * time.Second
	}
	e := &explorer{Config: c, order: random{c.Seed ^ 0x6C65616B}}
	e.result.Bound = -1
	e.s = &scheduler{limit: c.Steps, fair: max(c.Steps/8, 1), x: new(Execution), chance: new(pct)}
	return e, nil
}

// execute runs the program once by the strategy that is set and judges it.
func (e *explorer) execute(seed uint64) (*Execution, string) {
	e.s.random = random{seed}
	x := e.s.execute(e.New(), seed)
	e.result.Points += x.Points
	e.longest = max(e.longest, x.Picks)
	message := x.ended()
	if x.outcome != "" && e.Expected != nil && e.Expected(x) {
		message = ""
	}
	if message == "" && e.Judge != nil {
		message = e.Judge(x)
	}
	return x, message
}

// replay runs the schedule of the token.
func (e *explorer) replay(token Token) (*Execution, string) {
	e.s.strategy = strategy{plan: token.Choices, rec: e.s.strategy.rec, record: e.s.strategy.record}
	x, message := e.execute(token.Seed)
	if token.Print != 0 && x.Print != token.Print || e.s.strategy.at < len(token.Choices) {
		x.Diverged = true
	}
	return x, message
}

// confirm replays a schedule twice, and returns the fault if both show it in the same way.
func (e *explorer) confirm(token Token) *Fault {
	saved, tracing := e.s.strategy, e.s.tracing
	e.s.strategy = strategy{}
	defer func() { e.s.strategy, e.s.tracing = saved, tracing }()
	x, message := e.replay(token)
	if message == "" || x.Diverged {
		return nil
	}
	e.s.tracing = true
	x, message = e.replay(token)
	if message == "" || x.Diverged {
		return nil
	}
	return &Fault{Message: message, Token: x.Token(), Execution: x.copy()}
}

// try executes one more schedule of the search. It returns false when the
// search is over.
func (e *explorer) try(seed uint64) bool {
	x, message := e.execute(seed)
	e.result.Schedules++
	if x.Diverged {
		e.result.Diverged++
	}
	if message != "" && (e.wanted == nil || e.wanted(x)) {
		if fault := e.confirm(x.Token()); fault != nil {
			e.result.Fault = fault
			e.stopped = true
			return false
		}
		e.result.Unconfirmed++
	}
	return !e.over()
}

// longExecution is the number of points from which on it is no matter to read the clock after each execution.
const longExecution = 500

// over reports whether a limit has been reached.
func (e *explorer) over() bool {
	if e.Schedules > 0 && e.result.Schedules >= e.Schedules ||
		!e.Until.IsZero() && (e.result.Schedules%16 == 0 || e.s.points > longExecution) && time.Now().After(e.Until) {
		e.stopped = true
	}
	return e.stopped
}

// Summary says what has been tried, for people.
func (r Result) Summary() string {
	switch {
	case r.Fault != nil:
		return fmt.Sprintf("schedule %s: %s", digits.Group(r.Schedules), r.Fault.Message)
	case r.Complete:
		return fmt.Sprintf("all %s schedules hold", digits.Group(r.Schedules))
	case r.Bound >= 0:
		return fmt.Sprintf("all schedules with at most %d preemptions hold; %s schedules were tried", r.Bound, digits.Group(r.Schedules))
	}
	return fmt.Sprintf("%s schedules hold", digits.Group(r.Schedules))
}
