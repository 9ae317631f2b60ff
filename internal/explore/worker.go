package explore

import (
	"runtime/debug"
	"unsafe"
)

// A worker is a goroutine that runs tasks one after another. It runs only
// between resume, which the driver calls, and park, which the task calls.
type worker struct {
	handover
	s *scheduler
	t *task
	g uintptr
	// spent is true once a task has ended by a panic or by runtime.Goexit: the
	// goroutine is on its way out and can't run another task.
	spent bool
}

// body is the life of the goroutine.
//
//go:norace
func (w *worker) body() {
	w.g = getg()
	for w.park() {
		w.run()
	}
}

// run calls the task's function and contains whatever it does. A panic ends the
// execution. Goexit would end the goroutine that resumes the worker, too, so
// the worker parks before it goes on, and the driver lets it end elsewhere.
//
//go:norace
func (w *worker) run() {
	s, t := w.s, w.t
	acquire(unsafe.Pointer(&s.starts))
	if t.edge != nil {
		acquire(t.edge)
	}
	w.spent = true
	defer w.ended()
	t.fn()
	w.spent = false
}

// ended is deferred by run; a function literal would not be free of the race detector.
//
//go:norace
func (w *worker) ended() {
	s, t := w.s, w.t
	if w.spent {
		value := recover()
		if value != nil && !s.aborting {
			s.panicked(t, value, debug.Stack())
		}
		t.goexit = value == nil
	}
	release(unsafe.Pointer(&s.ends))
	s.finish(t)
	if w.spent {
		w.park()
	}
}
