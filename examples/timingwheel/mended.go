package timingwheel

import (
	"runtime"
	"sync"
	"time"
	"weak"
)

// Wheel is the wheel mended. Stop takes a timer from its slot, Close ends the wheel with
// all that is on it, and AfterWeak has timers that keep nothing alive.
type Wheel struct {
	tick    time.Duration
	start   time.Time
	stop    func()
	turning sync.WaitGroup

	mu     sync.Mutex
	closed bool
	wheel  *wheel
}

// A Timer is something that a Wheel is to do later.
type Timer struct {
	entry
	of      *Wheel
	cleanup runtime.Cleanup // of the object, if the timer refers to one weakly
}

// Start starts a wheel that turns by a slot each tick.
func Start(tick time.Duration) *Wheel {
	stopped := make(chan struct{})
	w := &Wheel{
		tick: tick, start: time.Now(), wheel: newWheel(6, 6),
		stop: sync.OnceFunc(func() { close(stopped) }),
	}
	ticker := time.NewTicker(tick)
	w.turning.Go(func() {
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				w.turn()
			case <-stopped:
				return
			}
		}
	})
	return w
}

// AfterFunc has f called at the first tick at which d is over. All functions are called
// on one goroutine: one that takes long holds up the others.
func (w *Wheel) AfterFunc(d time.Duration, f func()) *Timer {
	t := &Timer{of: w}
	t.f = f
	w.add(t, d)
	return t
}

// AfterWeak has f called with obj when d is over, unless nobody else has obj by then: the
// timer does not keep it, and goes with it. f must not refer to obj but by its argument.
func AfterWeak[T any](w *Wheel, d time.Duration, obj *T, f func(*T)) *Timer {
	t, ref := &Timer{of: w}, weak.Make(obj)
	t.f = func() {
		if obj := ref.Value(); obj != nil {
			t.cleanup.Stop() // or an object with many timers would collect their cleanups
			f(obj)
		}
	}
	// Weak here, too: a timer that a cleanup refers to would stay, and with it the wheel.
	t.cleanup = runtime.AddCleanup(obj, func(ref weak.Pointer[Timer]) {
		if t := ref.Value(); t != nil {
			t.remove()
		}
	}, weak.Make(t))
	w.add(t, d)
	runtime.KeepAlive(obj)
	return t
}

// add adds a timer. On a wheel that is closed it never fires.
func (w *Wheel) add(t *Timer, d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		t.f = nil
		t.cleanup.Stop()
		return
	}
	t.due = max(dueTick(w.start, d, w.tick), w.wheel.now+1)
	w.wheel.add(&t.entry)
}

// Stop cancels the timer. It reports whether its function is not called any more.
func (t *Timer) Stop() bool {
	t.cleanup.Stop()
	return t.remove()
}

func (t *Timer) remove() bool {
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	if !t.of.wheel.remove(&t.entry) {
		return false
	}
	t.f = nil // whoever has the timer has no more than that
	return true
}

// Len returns how many timers are on the wheel.
func (w *Wheel) Len() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wheel.entries
}

// Close stops the wheel, waits for a function that it is calling, and drops the timers.
// A function that the wheel calls must not close it.
func (w *Wheel) Close() {
	w.mu.Lock()
	w.closed = true
	w.wheel.clear()
	w.mu.Unlock()
	w.stop()
	w.turning.Wait()
}

func (w *Wheel) turn() {
	to := uint64(time.Since(w.start) / w.tick)
	for f := w.next(to); f != nil; f = w.next(to) {
		f() // not under the lock: it may add and stop timers
	}
}

func (w *Wheel) next(to uint64) func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.wheel.next(to)
}
