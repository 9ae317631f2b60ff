package mapexplore

import (
	"fmt"
	"strings"

	"github.com/leakassert/leakassert/internal/explore"
	"github.com/leakassert/leakassert/internal/explore/op"
	"github.com/leakassert/leakassert/internal/mapdrive"
)

// A trial is a scenario that the scheduler runs.
type trial struct {
	*mapdrive.Trial
	scenario mapdrive.Scenario
	program  explore.Program
	see      func(*explore.Execution)
}

func newTrial(d *mapdrive.Driver, s mapdrive.Scenario) *trial {
	t := &trial{Trial: d.NewTrial(s, explore.Begin, explore.End), scenario: s}
	t.program.Setup = t.Setup
	for w := range s.Workers {
		t.program.Tasks = append(t.program.Tasks, func() { t.Work(w) })
	}
	t.program.After = func() string { t.After(); return "" }
	return t
}

func (t *trial) configure(c *explore.Config) {
	c.Steps = steps
	c.New = func() explore.Program { t.Prepare(); return t.program }
	c.Judge = t.judge
}

// judge is called when an execution has come to its end.
func (t *trial) judge(e *explore.Execution) string {
	if t.see != nil {
		t.see(e)
	}
	calls := make([]int64, len(t.scenario.Workers))
	for i, m := range e.Marks {
		switch {
		case m.Task < 0 || m.Task >= len(calls):
		case m.End:
			t.Times(m.Task, m.Op, calls[m.Task], int64(i+1))
		default:
			calls[m.Task] = int64(i + 1)
		}
	}
	return t.Judge()
}

// found describes the fault of the last execution, which must be that of the fault.
func (t *trial) found(f *explore.Fault) *Found {
	open := make(map[int]int)
	what := f.Message
	if e := f.Execution; e != nil {
		t.judge(e) // for the times
		wait := func(w explore.Wait) {
			if w.Task >= 0 && w.Task < len(t.scenario.Workers) && w.Mark >= 0 {
				open[w.Task] = w.Mark
			}
		}
		switch {
		case len(e.Deadlock) > 0:
			for _, w := range e.Deadlock {
				wait(w)
			}
			what = t.calls(open) + ": nothing can wake it"
			if len(open) > 1 {
				what = t.calls(open) + ": nothing can wake them"
			}
		case e.Overrun != nil:
			wait(*e.Overrun)
			what = fmt.Sprintf("%s: it has taken %d steps (%s)", t.calls(open), steps, op.Name(e.Overrun.Code))
		case e.Panic != nil:
			what = fmt.Sprintf("an operation panics: %v", e.Panic.Value)
		}
	}
	return &Found{Failure: t.Failure(what, open), Schedule: f.Token, Execution: f.Execution}
}

// calls names the operations that do not return.
func (t *trial) calls(open map[int]int) string {
	var names []string
	for w, ops := range t.scenario.Workers {
		if at, ok := open[w]; ok {
			names = append(names, t.Spell(ops[at]))
		}
	}
	switch len(names) {
	case 0:
		if op := t.Alone(); op != "" {
			return op + " does not return, when no worker does anything"
		}
		return "a goroutine of the map does not end"
	case 1:
		return names[0] + " does not return"
	}
	return strings.Join(names, " and ") + " do not return"
}
