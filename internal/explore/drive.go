package explore

import "unsafe"

// givenUp reports whether the watchdog has given the execution up.
//
//go:norace
func (s *scheduler) givenUp() bool { return s.dead }

// drive runs t, and after it whatever the tasks hand over to, until they hand over to nobody.
func (s *scheduler) drive(t *task) {
	if s.givenUp() {
		goexit() // Judge took too long
	}
	release(unsafe.Pointer(&s.starts))
	s.cur = t
	for s.cur != nil {
		t := s.cur
		w := t.w
		if w == nil {
			w = s.worker()
			w.t, t.w = t, w
		}
		setRunning(w.g)
		s.switches++
		w.resume()
		if s.givenUp() {
			goexit() // running is another scheduler's now
		}
		if t.state == done {
			s.dismiss(w)
		}
	}
	setRunning(0)
	acquire(unsafe.Pointer(&s.ends))
}

func (s *scheduler) worker() *worker {
	if n := len(s.free); n > 0 {
		w := s.free[n-1]
		s.free = s.free[:n-1]
		return w
	}
	w := &worker{s: s}
	w.start()
	return w
}

// dismiss takes the worker of a task that is done back.
func (s *scheduler) dismiss(w *worker) {
	w.t.w, w.t = nil, nil
	if w.spent {
		setRunning(0)
		w.end()
		return
	}
	s.free = append(s.free, w)
}

// abort ends the tasks that are not done. Each runs its deferred calls; what
// they do at points is to go on ending.
func (s *scheduler) abort() {
	s.aborting = true
	for i := 0; i < s.live; i++ {
		if t := s.tasks[i]; t.w != nil {
			t.steps = s.limit
			s.drive(t)
		}
	}
}

// close ends the workers.
func (s *scheduler) close() {
	for _, w := range s.free {
		w.end()
	}
	s.free = nil
}
