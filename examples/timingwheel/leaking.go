package timingwheel

import (
	"sync"
	"sync/atomic"
	"time"
)

// Leaking is the wheel on which a cancelled timer is only marked: it stays in its slot
// until its time has come, with everything that its function refers to. Nothing stops
// the wheel, and so nothing releases what is on it.
type Leaking struct {
	tick  time.Duration
	start time.Time

	mu    sync.Mutex
	wheel *wheel
}

// A LeakingTimer is a timer of Leaking.
type LeakingTimer struct {
	entry
	stopped atomic.Bool
}

// StartLeaking starts a wheel that turns by a slot each tick.
func StartLeaking(tick time.Duration) *Leaking { return startLeaking(tick, time.NewTicker(tick).C) }

func startLeaking(tick time.Duration, ticks <-chan time.Time) *Leaking {
	l := &Leaking{tick: tick, start: time.Now(), wheel: newWheel(6, 6)}
	go func() {
		for range ticks { // for good: to stop a ticker does not close its channel
			l.turn()
		}
	}()
	return l
}

// AfterFunc has f called at the first tick at which d is over.
func (l *Leaking) AfterFunc(d time.Duration, f func()) *LeakingTimer {
	t := &LeakingTimer{}
	t.f = func() {
		if !t.stopped.Swap(true) {
			f()
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	t.due = max(dueTick(l.start, d, l.tick), l.wheel.now+1)
	l.wheel.add(&t.entry)
	return t
}

// Stop cancels the timer. It reports whether its function is not called any more.
func (t *LeakingTimer) Stop() bool { return !t.stopped.Swap(true) }

// Len returns how many timers are on the wheel.
func (l *Leaking) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wheel.entries
}

func (l *Leaking) turn() {
	to := uint64(time.Since(l.start) / l.tick)
	for f := l.next(to); f != nil; f = l.next(to) {
		f()
	}
}

func (l *Leaking) next(to uint64) func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.wheel.next(to)
}
