package explore

import (
	"time"
	"unsafe"

	"github.com/leakassert/leakassert/internal/explore/op"
)

// A timer is something that happens when the clock of an execution gets there.
// The clock goes on only when no task is ready.
type timer struct {
	key    unsafe.Pointer // the *time.Timer or *time.Tickernil for a channel of time.After
	active bool
	at     int64
	period int64
	c      chan time.Time // to be sent to
	f      func()         // or to be started
}

// advance lets the clock go on to what happens next, and reports whether there is anything.
//
//go:norace
func (s *scheduler) advance() bool {
	var sleeper *task
	for i := 0; i < s.live; i++ {
		if t := s.tasks[i]; t.state == asleep && (sleeper == nil || t.wakeAt < sleeper.wakeAt) {
			sleeper = t
		}
	}
	first := -1
	for i := range s.timers {
		if m := &s.timers[i]; m.active && (first < 0 || m.at < s.timers[first].at) {
			first = i
		}
	}
	switch {
	case first >= 0 && (sleeper == nil || s.timers[first].at <= sleeper.wakeAt):
		s.fire(first)
	case sleeper != nil:
		s.now = max(s.now, sleeper.wakeAt)
		s.enable(sleeper)
	default:
		return false
	}
	return true
}

//go:norace
func (s *scheduler) fire(i int) {
	m := &s.timers[i]
	s.now = max(s.now, m.at)
	m.active = m.period > 0
	m.at += m.period
	if m.f != nil {
		s.spawn(m.f, m.key)
		return
	}
	now := epoch.Add(time.Duration(s.now))
	hide()
	select {
	case m.c <- now:
	default:
	}
	unhide()
	s.wake(*(*unsafe.Pointer)(unsafe.Pointer(&m.c)), op.ReceiveWait)
}

// timerOf returns the timer of the key, or nil.
//
//go:norace
func (s *scheduler) timerOf(key unsafe.Pointer) *timer {
	for i := range s.timers {
		if s.timers[i].key == key {
			return &s.timers[i]
		}
	}
	return nil
}
