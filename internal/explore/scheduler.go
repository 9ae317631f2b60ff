package explore

import "unsafe"

// The phases of an execution. Setup and After run alone: whenever their task
// can go on, it goes on.
const (
	setupPhase uint8 = iota
	taskPhase
	afterPhase
	drainPhase // what go statements have started runs on until it ends or waits
)

// running identifies the goroutine of the task that runs, and current is its
// scheduler. Both are plain words: a goroutine finds its own identity in running
// only if the driver has stored it there before it switched to that goroutine.
var (
	running uintptr
	current *scheduler
)

//go:norace
func setRunning(g uintptr) { running = g }

// A scheduler runs one execution after another. It belongs to the driver and to
// the one task that runs. It uses no maps and no copy: the race detector sees
// inside those.
type scheduler struct {
	tasks      []*task // main, the program's, then what go statements have started
	live       int     // how many of tasks this execution uses
	cur        *task
	ready      int
	unfinished int // tasks of the program that are not done
	phase      uint8
	aborting   bool
	dead       bool // given up by the watchdog
	free       []*worker
	limit      int // steps of one operation
	fair       int // after so many steps of one operation a task gives way
	driver     uintptr

	strategy strategy
	chance   *pct
	random   random // the program's chance

	seq      uint64
	print    uint64
	coverage coverage
	points   uint64
	switches uint64
	steps    int
	now      int64
	advanced int
	timers   []timer
	polls    int
	polled   uint64
	closed   []unsafe.Pointer
	held     []unsafe.Pointer
	pools    []pool

	x       *Execution
	tracing bool
	open    int // the step whose value after it is still to be read, or -1

	starts, ends byte // addresses for the race detector
}

// execute runs one execution of p.
func (s *scheduler) execute(p Program, seed uint64) *Execution {
	s.reset(p, seed)
	x := s.x
	s.alone(setupPhase, p.Setup)
	if x.outcome == "" && !s.tasks[0].goexit {
		s.concurrent(p.Tasks)
	}
	if x.outcome == "" && p.After != nil && !s.tasks[0].goexit {
		s.alone(afterPhase, func() { x.after = p.After() })
	}
	if x.outcome == "" {
		s.drain()
	}
	s.conclude()
	s.abort()
	acquire(unsafe.Pointer(&s.ends))
	return x
}

func (s *scheduler) reset(p Program, seed uint64) {
	s.live = 0
	s.add(nil)
	for _, f := range p.Tasks {
		s.add(f)
	}
	s.ready, s.unfinished, s.aborting = 0, len(p.Tasks), false
	s.seq, s.print, s.points, s.steps, s.now, s.advanced, s.polls = 0, 0, 0, 0, 0, 0, 0
	s.timers, s.closed, s.held, s.pools = s.timers[:0], s.closed[:0], s.held[:0], s.pools[:0]
	s.open = -1
	s.strategy.reset()
	s.x.reset(seed)
}

// add takes the next slot for a task that is not started yet.
//
//go:norace
func (s *scheduler) add(f func()) *task {
	if s.live == len(s.tasks) {
		s.tasks = append(s.tasks, &task{id: s.live - 1, index: s.live})
	}
	t := s.tasks[s.live]
	s.live++
	t.reset()
	t.fn = f
	return t
}

// alone runs f as the main task.
func (s *scheduler) alone(phase uint8, f func()) {
	if f == nil {
		return
	}
	s.phase = phase
	t := s.tasks[0]
	t.reset()
	t.fn = f
	s.enable(t)
	s.drive(t)
}

// concurrent runs the program's tasks until all are done.
func (s *scheduler) concurrent(tasks []func()) {
	if len(tasks) == 0 {
		return
	}
	s.phase = taskPhase
	for i := range tasks {
		s.enable(s.tasks[i+1])
	}
	s.drive(s.pick(s.tasks[0], forced))
}

// drainSteps bounds what a goroutine may do after the end: one that goes on is left running.
const drainSteps = 10_000

// drain runs what go statements have started until each has ended or waits.
func (s *scheduler) drain() {
	s.phase = drainPhase
	defer func(limit int) { s.limit = limit }(s.limit)
	s.limit = min(s.limit, drainSteps)
	for i := 1; i < s.live; i++ {
		s.tasks[i].steps = 0
	}
	s.drive(s.following(s.tasks[0]))
}

//go:norace
func (s *scheduler) enable(t *task) {
	t.state = ready
	s.ready++
}

// finish is called by a task's worker when the task has returned.
//
//go:norace
func (s *scheduler) finish(t *task) {
	s.settle()
	if t.state == ready {
		s.ready--
	}
	t.state = done
	var next *task
	switch {
	case s.aborting || s.x.outcome != "" || t.id == mainID:
	case s.phase == taskPhase && !t.spawned && s.unfinished == 1:
		s.unfinished = 0
	case s.phase == taskPhase && !t.spawned:
		s.unfinished--
		next = s.following(t)
	default:
		next = s.following(t)
	}
	s.cur = next
}

// give hands over to next; the caller goes on when it is handed over to.
//
//go:norace
func (s *scheduler) give(t, next *task) {
	if next != t {
		s.cur = next
		t.w.park()
		if s.aborting {
			goexit()
		}
	}
}

// stop ends the execution from inside a task. It does not return.
//
//go:norace
func (s *scheduler) stop(t *task, outcome string) {
	if s.phase != drainPhase {
		s.x.outcome, s.x.culprit = outcome, t.index
	}
	s.give(t, nil)
	goexit()
}

//go:norace
func (s *scheduler) panicked(t *task, value any, stack []byte) {
	if s.x.outcome == "" {
		s.x.outcome, s.x.culprit = outcomePanic, t.index
		s.x.Panic = &Panic{Task: t.id, Mark: t.mark, Value: value, Stack: string(stack)}
	}
}
