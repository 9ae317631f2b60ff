package explore

import (
	"reflect"
	"sync"
	"unsafe"

	"github.com/leakassert/leakassert/internal/explore/op"
)

// hookCount returns the counter of the sync.WaitGroup at addr.
//
//go:norace
//go:linkname hookCount github.com/leakassert/leakassert/internal/explore.hookCount
func hookCount(addr unsafe.Pointer) int { return int(int32(*(*uint64)(addr) >> 32)) }

// countsWaitGroups reports whether hookCount finds the counter: it depends on
// how Go's release lays out a WaitGroup.
func countsWaitGroups() bool {
	var group sync.WaitGroup
	group.Add(3)
	counted := unsafe.Sizeof(group) >= 8 && hookCount(unsafe.Pointer(&group)) == 3
	group.Add(-3)
	return counted && hookCount(unsafe.Pointer(&group)) == 0
}

// hookRLocker returns the RWMutex of what its method RLocker has returned, or nil.
//
//go:linkname hookRLocker github.com/leakassert/leakassert/internal/explore.hookRLocker
func hookRLocker(l any) unsafe.Pointer {
	if v := reflect.ValueOf(l); v.Kind() == reflect.Pointer && v.Type().String() == "*sync.rlocker" {
		return v.UnsafePointer()
	}
	return nil
}

// hookHeld, hookHold and hookFree are a lock by address for what runs a
// function once: a task that finds it held waits, where the real one would
// stop the goroutine.
//
//go:norace
//go:linkname hookHeld github.com/leakassert/leakassert/internal/explore.hookHeld
func hookHeld(addr unsafe.Pointer) bool {
	s := mine()
	if s == nil {
		return false
	}
	for _, held := range s.held {
		if held == addr {
			return true
		}
	}
	return false
}

//go:norace
//go:linkname hookHold github.com/leakassert/leakassert/internal/explore.hookHold
func hookHold(addr unsafe.Pointer) {
	if s := mine(); s != nil {
		s.held = append(s.held, addr)
	}
}

//go:norace
//go:linkname hookFree github.com/leakassert/leakassert/internal/explore.hookFree
func hookFree(addr unsafe.Pointer) {
	s := mine()
	if s == nil {
		return
	}
	for i := range s.held {
		if s.held[i] == addr {
			n := len(s.held) - 1
			s.held[i] = s.held[n]
			s.held = s.held[:n]
			break
		}
	}
	if !s.aborting {
		s.wake(addr, op.AnyWait)
	}
}

// hookTicket makes the task one that waits at the sync.Cond at addr.
//
//go:norace
//go:linkname hookTicket github.com/leakassert/leakassert/internal/explore.hookTicket
func hookTicket(addr unsafe.Pointer) {
	if s := mine(); s != nil {
		s.seq++
		t := s.cur
		t.cond, t.ticket, t.signaled = addr, s.seq, false
	}
}

// hookAwait waits for the signal.
//
//go:norace
//go:linkname hookAwait github.com/leakassert/leakassert/internal/explore.hookAwait
func hookAwait(addr unsafe.Pointer, site uint32) {
	s := mine()
	if s == nil {
		return
	}
	t := s.cur
	t.site, t.code, t.addr = site, op.Wait, addr
	for !t.signaled {
		t.wait1(addr)
		s.block(t)
	}
	t.cond = nil
}

// hookSignal gives a signal to the task that has waited longest at addr, or to
// all, and reports whether there was one.
//
//go:norace
//go:linkname hookSignal github.com/leakassert/leakassert/internal/explore.hookSignal
func hookSignal(addr unsafe.Pointer, all bool) bool {
	s := mine()
	if s == nil || s.aborting {
		return false
	}
	any := false
	for {
		var first *task
		for i := 0; i < s.live; i++ {
			t := s.tasks[i]
			if t.cond == addr && !t.signaled && (first == nil || t.ticket < first.ticket) {
				first = t
			}
		}
		if first == nil {
			return any
		}
		any, first.signaled = true, true
		if first.state == blocked && first.waitsFor(addr, op.AnyWait) >= 0 {
			s.enable(first)
		}
		if !all {
			return true
		}
	}
}

// A pool is what an execution has put into a sync.Pool. The real one keeps or
// drops things by chance.
type pool struct {
	addr unsafe.Pointer
	free []any
}

//go:norace
//go:linkname hookPoolGet github.com/leakassert/leakassert/internal/explore.hookPoolGet
func hookPoolGet(addr unsafe.Pointer) any {
	s := mine()
	if s == nil {
		return nil
	}
	for i := range s.pools {
		p := &s.pools[i]
		if n := len(p.free) - 1; p.addr == addr && n >= 0 {
			v := p.free[n]
			p.free = p.free[:n]
			acquire(addr)
			return v
		}
	}
	return nil
}

//go:norace
//go:linkname hookPoolPut github.com/leakassert/leakassert/internal/explore.hookPoolPut
func hookPoolPut(addr unsafe.Pointer, v any) {
	s := mine()
	if s == nil || v == nil {
		return
	}
	release(addr)
	for i := range s.pools {
		if p := &s.pools[i]; p.addr == addr {
			p.free = append(p.free, v)
			return
		}
	}
	s.pools = append(s.pools, pool{addr, []any{v}})
}
