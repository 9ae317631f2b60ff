package explore

import (
	"runtime"
	"sync/atomic"
	"time"
	"unsafe"

	"github.com/leakassert/leakassert/internal/explore/op"
)

// The hooks are what the helpers in rewritten packages call; package shim has
// the text of those. Every hook does nothing for a goroutine that is no task of
// the execution under way, and tells the helper so.

// mine returns the scheduler if the calling goroutine is the task that runs.
//
//go:norace
func mine() *scheduler {
	if g := running; g != 0 && g == getg() {
		return current
	}
	return nil
}

// hookAt announces an operation and reports whether the caller is a task.
//
//go:norace
//go:linkname hookAt github.com/leakassert/leakassert/internal/explore.hookAt
func hookAt(addr unsafe.Pointer, site uint32, code uint8) bool {
	g := running
	if g == 0 || g != getg() {
		return false
	}
	current.point(addr, site, code)
	return true
}

//go:norace
//go:linkname hookTask github.com/leakassert/leakassert/internal/explore.hookTask
func hookTask() bool { return mine() != nil }

// hookBlock waits until addr is woken. It may return too early.
//
//go:norace
//go:linkname hookBlock github.com/leakassert/leakassert/internal/explore.hookBlock
func hookBlock(addr unsafe.Pointer) {
	s := mine()
	if s == nil {
		// A task of an exploration that has been given up.
		runtime.Gosched()
		time.Sleep(pause)
		return
	}
	s.cur.wait1(addr)
	s.block(s.cur)
}

//go:norace
//go:linkname hookWake github.com/leakassert/leakassert/internal/explore.hookWake
func hookWake(addr unsafe.Pointer, kind uint8) {
	if s := mine(); s != nil && !s.aborting {
		s.cur.spin.hits = 0
		s.wake(addr, kind)
	}
}

// hookTook says that the lock at addr has been taken, for reading if code says so.
//
//go:norace
//go:linkname hookTook github.com/leakassert/leakassert/internal/explore.hookTook
func hookTook(addr unsafe.Pointer, code uint8) {
	if s := mine(); s != nil && !s.aborting {
		s.cur.spin.hits = 0
		s.hold(s.cur, addr, op.Lock, code != op.RLock)
	}
}

// hookWriterWaits reports whether a task waits to write-lock addr: then no
// reader gets in any more, as sync.RWMutex documents.
//
//go:norace
//go:linkname hookWriterWaits github.com/leakassert/leakassert/internal/explore.hookWriterWaits
func hookWriterWaits(addr unsafe.Pointer) bool {
	s := mine()
	if s == nil {
		return false
	}
	for i := 0; i < s.live; i++ {
		t := s.tasks[i]
		if t != s.cur && t.code == op.Lock && (t.state == blocked || t.woken) && t.waitsFor(addr, op.AnyWait) >= 0 {
			return true
		}
	}
	return false
}

// hookMisuse panics where package sync would end the process.
//
//go:norace
//go:linkname hookMisuse github.com/leakassert/leakassert/internal/explore.hookMisuse
func hookMisuse(text string) {
	if s := mine(); s != nil && !s.aborting {
		panic(text)
	}
}

// hookGo makes f a task and reports whether it did.
//
//go:norace
//go:linkname hookGo github.com/leakassert/leakassert/internal/explore.hookGo
func hookGo(f func(), site uint32) bool {
	s := mine()
	if s == nil {
		return false
	}
	s.point(nil, site, op.Go)
	if !s.aborting {
		edge := new(int)
		release(unsafe.Pointer(edge))
		s.spawn(f, unsafe.Pointer(edge))
	}
	return true
}

// spawn makes f a task. What the caller has released at edge comes before it.
//
//go:norace
func (s *scheduler) spawn(f func(), edge unsafe.Pointer) {
	t := s.add(f)
	t.spawned, t.edge = true, edge
	s.enable(t)
}

// hookYield is runtime.Gosched.
//
//go:norace
//go:linkname hookYield github.com/leakassert/leakassert/internal/explore.hookYield
func hookYield(site uint32) bool {
	s := mine()
	if s == nil {
		return false
	}
	if s.aborting {
		s.unwind()
		return true
	}
	t := s.enter(nil, site, op.Yield)
	s.yield(t)
	s.leave(t)
	return true
}

// hookDrawn reports whether the caller's chance is controlled: it is a task, or
// Config.New, or nothing is explored yet.
//
//go:norace
//go:linkname hookDrawn github.com/leakassert/leakassert/internal/explore.hookDrawn
func hookDrawn() bool { return current == nil || drawn() != nil }

//go:norace
func drawn() *scheduler {
	if s := mine(); s != nil {
		return s
	}
	if s := current; s != nil && s.driver != 0 && s.driver == getg() {
		return s
	}
	return nil
}

// drawnOutside counts the numbers that are drawn outside of executions. A package may draw the seed of
// its hashes when the process begins, and a schedule is that of another process only if it is the same.
var drawnOutside atomic.Uint64

// hookRand returns a number from the execution's generator.
//
//go:norace
//go:linkname hookRand github.com/leakassert/leakassert/internal/explore.hookRand
func hookRand() uint64 {
	if s := drawn(); s != nil {
		return s.random.next()
	}
	return mix(drawnOutside.Add(1))
}

// hookChoose returns a number below n, another in each schedule.
//
//go:norace
//go:linkname hookChoose github.com/leakassert/leakassert/internal/explore.hookChoose
func hookChoose(n int) int {
	if s := mine(); s != nil && !s.aborting {
		return s.choose(n)
	}
	return 0
}
