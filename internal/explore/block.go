package explore

import (
	"runtime"
	"time"
	"unsafe"

	"github.com/leakassert/leakassert/internal/explore/op"
)

// block waits until another task wakes one of t.waits. It may return without a
// reason: the caller looks again whether its wait is over.
//
//go:norace
func (s *scheduler) block(t *task) {
	if s.aborting {
		goexit()
	}
	s.settle()
	if t.seq == 0 {
		s.seq++
		t.seq = s.seq
	}
	t.matched, t.box = -1, nil
	t.state = blocked
	s.ready--
	s.give(t, s.following(t))
	t.woken = false
}

// wait1 sets the one thing that t waits for.
//
//go:norace
func (t *task) wait1(addr unsafe.Pointer) {
	t.waits = append(t.waits[:0], wait{addr: addr})
}

// wake makes the tasks ready that wait for addr; each looks again.
//
//go:norace
func (s *scheduler) wake(addr unsafe.Pointer, kind uint8) {
	for i := 0; i < s.live; i++ {
		if t := s.tasks[i]; t.state == blocked && t.waitsFor(addr, kind) >= 0 {
			t.woken = true
			s.enable(t)
		}
	}
}

// hold blocks the woken tasks again that wait for a lock which has just been
// taken. all is false when it was taken for reading: readers may still go on.
//
//go:norace
func (s *scheduler) hold(by *task, addr unsafe.Pointer, lock uint8, all bool) {
	for i := 0; i < s.live; i++ {
		t := s.tasks[i]
		if t != by && t.woken && t.state == ready && t.waitsFor(addr, op.AnyWait) >= 0 && (all || t.code == lock) {
			t.woken = false
			t.state = blocked
			s.ready--
		}
	}
}

// partner returns the task that has waited longest to send to or to receive
// from an unbuffered channel.
//
//go:norace
func (s *scheduler) partner(c unsafe.Pointer, kind uint8) (*task, int) {
	var first *task
	n := -1
	for i := 0; i < s.live; i++ {
		t := s.tasks[i]
		// A woken task that has not looked again still stands at the channel.
		if t == s.cur || t.state != blocked && !t.woken || t.matched >= 0 || first != nil && first.seq < t.seq {
			continue
		}
		if j := t.waitsFor(c, kind); j >= 0 && t.waits[j].kind == kind {
			first, n = t, j
		}
	}
	return first, n
}

// match ends the wait of a partner that has been served.
//
//go:norace
func (s *scheduler) match(t *task, n int, box unsafe.Pointer) {
	t.matched, t.box = n, box
	t.woken = false
	if t.state == blocked {
		s.enable(t)
	}
}

// How often and for how long the scheduler looks whether something that it does
// not control, such as a goroutine of another package, wakes a task after all.
// A deadlock that looks like one before is hardly waited for.
const (
	pause        = 100 * time.Microsecond
	shortPause   = 10 * time.Microsecond
	patientPolls = 20
	shortPolls   = 2
	// idleAdvances bounds how often the clock may go on while the program's tasks wait.
	idleAdvances = 1000
)

// patience has the deadlocks that were waited for long, the latest ones.
var (
	patience [256]uint64
	patient  int
)

// wait is called when no task is ready. It makes one ready, or reports false: deadlock.
//
//go:norace
func (s *scheduler) wait() bool {
	if s.advanced < idleAdvances && s.advance() {
		s.advanced++
		return true
	}
	var look uint64
	for i := 0; i < s.live; i++ {
		if t := s.tasks[i]; t.state == blocked {
			look = (look ^ uint64(t.site) ^ uint64(t.code)<<32 ^ uint64(i)<<40) * 0x9E3779B97F4A7C15
		}
	}
	polls := patientPolls
	for _, known := range patience {
		if known == look {
			polls = shortPolls
		}
	}
	if s.polls >= polls {
		if polls == patientPolls {
			patience[patient%len(patience)] = look
			patient++
		}
		s.x.outcome = outcomeDeadlock
		return false
	}
	s.polls++
	s.polled++
	hide()
	if polls == patientPolls {
		time.Sleep(pause)
	} else {
		for began := time.Now(); time.Since(began) < shortPause; {
			runtime.Gosched()
		}
	}
	unhide()
	for i := 0; i < s.live; i++ {
		if t := s.tasks[i]; t.state == blocked {
			t.woken = true
			s.enable(t)
		}
	}
	return true
}
