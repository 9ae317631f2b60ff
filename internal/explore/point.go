package explore

import (
	"runtime"
	"unsafe"

	"github.com/leakassert/leakassert/internal/explore/op"
)

//go:norace
func goexit() { runtime.Goexit() }

// point announces the operation that the running task does next. Another task
// may run before it.
//
//go:norace
func (s *scheduler) point(addr unsafe.Pointer, site uint32, code uint8) {
	if s.aborting {
		s.unwind()
		return
	}
	t := s.enter(addr, site, code)
	// A loop that is not seen to spin gives way, too, before it is called a livelock.
	spins := t.spin.sees(addr, site, code) || t.steps%s.fair == 0
	switch {
	case spins:
		s.yield(t)
	case s.ready > 1 && t.started:
		s.offer(t)
	}
	t.started = true
	s.leave(t)
}

// enter counts a step of the running task and names it.
//
//go:norace
func (s *scheduler) enter(addr unsafe.Pointer, site uint32, code uint8) *task {
	t := s.cur
	s.settle()
	s.points++
	s.polls = 0
	t.addr, t.site, t.code, t.seq = addr, site, code, 0
	if t.steps++; t.steps > s.limit {
		s.stop(t, outcomeOverrun)
	}
	if !t.spawned {
		s.advanced = 0
	}
	return t
}

// unwind counts what the deferred calls of a task do that is made to end.
//
//go:norace
func (s *scheduler) unwind() {
	t := s.cur
	if t.steps++; t.steps > s.limit+drainSteps {
		goexit()
	}
}

// leave is called right before the operation happens.
//
//go:norace
func (s *scheduler) leave(t *task) {
	if s.phase == taskPhase {
		s.print = s.with(t)
		s.coverage.add(t.site, false)
	}
	if t.pending {
		s.begin(t)
	}
	if s.tracing {
		s.traceStep(t)
	}
}

// with returns the execution's print with the operation that t has announced.
//
//go:norace
func (s *scheduler) with(t *task) uint64 {
	print := (s.print ^ uint64(t.site) ^ uint64(t.index)<<32) * 0x9E3779B97F4A7C15
	return print ^ print>>29
}

// offer lets another task run if the schedule says so.
//
//go:norace
func (s *scheduler) offer(t *task) {
	if s.phase == taskPhase {
		s.give(t, s.pick(t, normal))
	} else if s.cur.id != mainID && s.tasks[0].state == ready {
		s.give(t, s.tasks[0])
	}
}

// yield lets another task run, unless the schedule says that this one goes on.
//
//go:norace
func (s *scheduler) yield(t *task) {
	switch {
	case s.ready < 2 && (!s.advance() || s.ready < 2): // nobody else, and nobody to wake
	case s.phase == taskPhase:
		s.give(t, s.pick(t, yielding))
	default:
		s.give(t, s.after(t, 1))
	}
}

// following returns the task to run after t, which can't go on. It returns nil
// when the phase or the execution is over.
//
//go:norace
func (s *scheduler) following(t *task) *task {
	for s.ready == 0 {
		if s.phase == drainPhase || !s.wait() {
			return nil
		}
	}
	switch {
	case s.polls > 0:
		return s.after(t, 1)
	case s.phase == taskPhase:
		return s.pick(t, forced)
	case s.tasks[0].state == ready:
		return s.tasks[0]
	}
	return s.after(t, 1)
}

// after returns the nth ready task after t in the order of the tasks, t itself being the last.
//
//go:norace
func (s *scheduler) after(t *task, n int) *task {
	i := t.index
	for range s.live {
		if i++; i >= s.live {
			i = 0
		}
		if s.tasks[i].state == ready {
			if n--; n == 0 {
				return s.tasks[i]
			}
		}
	}
	return t
}

// Begin marks the beginning of the operation i of the task that calls it. It
// lasts until End, and Config.Steps bounds its steps. The history shows it from
// its first point on: what other tasks do before that came before it. Begin and
// End do nothing elsewhere than in a task.
//
//go:norace
func Begin(i int) {
	if g := running; g != 0 && g == getg() && !current.aborting {
		t := current.cur
		t.mark, t.pending, t.steps = i, true, 0
	}
}

// End marks the end of the operation that Begin has begun.
//
//go:norace
func End(i int) {
	if g := running; g != 0 && g == getg() && !current.aborting {
		s := current
		t := s.cur
		s.settle()
		if t.pending {
			s.begin(t)
		}
		s.x.Marks = append(s.x.Marks, Mark{Task: t.id, Op: i, End: true, Steps: t.steps, Step: len(s.x.Steps)})
		t.mark, t.steps = -1, 0
	}
}

//go:norace
func (s *scheduler) begin(t *task) {
	t.pending = false
	s.x.Marks = append(s.x.Marks, Mark{Task: t.id, Op: t.mark, Step: len(s.x.Steps)})
}

// traceStep records the operation that t does now.
//
//go:norace
func (s *scheduler) traceStep(t *task) {
	size := op.Size(t.code)
	step := Step{Task: t.id, Mark: t.mark, Site: t.site, Code: t.code, Addr: uintptr(t.addr), ptr: t.addr, Size: size, phase: s.phase}
	if n := len(s.x.Steps); n > 0 && s.phase == taskPhase && s.x.Steps[n-1].phase == taskPhase {
		step.Switched = s.x.Steps[n-1].Task != t.id
		step.Preempted = step.Switched && s.strategy.preempts
	}
	s.strategy.preempts = false
	if step.Known = size > 0 && t.addr != nil; step.Known {
		step.Before = word(t.addr, t.code)
		s.open = len(s.x.Steps)
	}
	s.x.Steps = append(s.x.Steps, step)
}

// settle reads what the operation that was traced last has left.
//
//go:norace
func (s *scheduler) settle() {
	if s.open >= 0 {
		step := &s.x.Steps[s.open]
		step.After = word(step.ptr, step.Code)
		s.open = -1
	}
}
