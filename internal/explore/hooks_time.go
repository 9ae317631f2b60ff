package explore

import (
	"time"
	"unsafe"

	"github.com/leakassert/leakassert/internal/explore/op"
)

// hookSleep is time.Sleep by the execution's clock.
//
//go:norace
//go:linkname hookSleep github.com/leakassert/leakassert/internal/explore.hookSleep
func hookSleep(d int64, site uint32) bool {
	s := mine()
	if s == nil {
		return false
	}
	if s.aborting {
		s.unwind()
		return true
	}
	t := s.enter(nil, site, op.Sleep)
	if d <= 0 {
		s.yield(t)
	} else {
		t.wakeAt = s.now + d
		t.state = asleep
		s.ready--
		s.give(t, s.following(t))
	}
	s.leave(t)
	return true
}

// epoch is when the clock of every execution begins, as that of testing/synctest does.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// hookNow returns the time by the execution's clock. Each call takes a
// microsecond, so that a loop that waits for a time ends.
//
//go:norace
//go:linkname hookNow github.com/leakassert/leakassert/internal/explore.hookNow
func hookNow() time.Time {
	s := mine()
	if s == nil {
		return epoch
	}
	s.now += 1000
	return epoch.Add(time.Duration(s.now))
}

// hookTimer sends to c or starts f in d nanoseconds, and then once a period if
// that is not 0. Without c and f it sets the timer of the key again.
//
//go:norace
//go:linkname hookTimer github.com/leakassert/leakassert/internal/explore.hookTimer
func hookTimer(key unsafe.Pointer, d, period int64, c chan time.Time, f func()) {
	s := mine()
	if s == nil {
		return
	}
	m := s.timerOf(key)
	if m == nil {
		s.timers = append(s.timers, timer{key: key, c: c, f: f})
		m = &s.timers[len(s.timers)-1]
	}
	m.active, m.at, m.period = true, s.now+max(d, 0), period
	release(key)
}

// hookStop stops the timer of the key. known is false for one that the
// execution has not made.
//
//go:norace
//go:linkname hookStop github.com/leakassert/leakassert/internal/explore.hookStop
func hookStop(key unsafe.Pointer) (active, known bool) {
	s := mine()
	if s == nil {
		return false, false
	}
	m := s.timerOf(key)
	if m == nil {
		return false, false
	}
	active, m.active = m.active, false
	return active, true
}
