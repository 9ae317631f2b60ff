package explore

import (
	"reflect"
	"unsafe"

	"github.com/leakassert/leakassert/internal/explore/op"
)

// hookHand gives a value to a task that waits to receive from the unbuffered channel c.
//
//go:norace
//go:linkname hookHand github.com/leakassert/leakassert/internal/explore.hookHand
func hookHand(c, box unsafe.Pointer) bool {
	s := mine()
	if s == nil || s.aborting {
		return false
	}
	t, i := s.partner(c, op.ReceiveWait)
	if t == nil {
		return false
	}
	meet(t)
	s.cur.spin.hits = 0
	s.match(t, i, box)
	return true
}

// hookTake returns the value of a task that waits to send to the unbuffered channel c, or nil.
//
//go:norace
//go:linkname hookTake github.com/leakassert/leakassert/internal/explore.hookTake
func hookTake(c unsafe.Pointer) unsafe.Pointer {
	s := mine()
	if s == nil || s.aborting {
		return nil
	}
	t, i := s.partner(c, op.SendWait)
	if t == nil {
		return nil
	}
	meet(t)
	s.cur.spin.hits = 0
	box := t.waits[i].box
	s.match(t, i, box)
	return box
}

// meet tells the race detector what a rendezvous orders: each side's past
// comes before the other's future.
//
//go:norace
func meet(t *task) {
	acquire(unsafe.Pointer(&t.waits))
	release(unsafe.Pointer(t))
}

// hookPark waits for one of waits to be served by another task. It returns its
// number and value, or -1: look again.
//
//go:norace
//go:linkname hookPark github.com/leakassert/leakassert/internal/explore.hookPark
func hookPark(waits []wait) (int, unsafe.Pointer) {
	s := mine()
	if s == nil {
		hookBlock(nil)
		return -1, nil
	}
	t := s.cur
	t.waits = t.waits[:0]
	for i := range len(waits) { // the race detector sees what append of a slice reads
		t.waits = append(t.waits, waits[i])
	}
	release(unsafe.Pointer(&t.waits))
	s.block(t)
	if t.matched < 0 {
		return -1, nil
	}
	acquire(unsafe.Pointer(t))
	i, box := t.matched, t.box
	t.matched, t.box = -1, nil
	return i, box
}

// hookStands reports whether a task waits at the other end of the unbuffered channel c.
//
//go:norace
//go:linkname hookStands github.com/leakassert/leakassert/internal/explore.hookStands
func hookStands(c unsafe.Pointer, kind uint8) bool {
	s := mine()
	if s == nil {
		return false
	}
	t, _ := s.partner(c, kind)
	return t != nil
}

// hookClosed remembers that c is closed, and hookIsClosed tells it.
//
//go:norace
//go:linkname hookClosed github.com/leakassert/leakassert/internal/explore.hookClosed
func hookClosed(c unsafe.Pointer) {
	if s := mine(); s != nil && !s.aborting {
		s.closed = append(s.closed, c)
		s.wake(c, op.AnyWait)
	}
}

//go:norace
//go:linkname hookIsClosed github.com/leakassert/leakassert/internal/explore.hookIsClosed
func hookIsClosed(c unsafe.Pointer) bool {
	s := mine()
	if s == nil {
		return false
	}
	for _, closed := range s.closed {
		if closed == c {
			return true
		}
	}
	return false
}

// A realCase is a case of a select statement of a goroutine that is no task.
// Its layout is that of leakassert_real in the shim.
type realCase struct {
	c    any
	box  any // a pointer to the value to send, or to where the received one goes
	send bool
}

// hookSelect is a select statement for real.
//
//go:linkname hookSelect github.com/leakassert/leakassert/internal/explore.hookSelect
func hookSelect(cases []realCase, hasDefault bool) (int, bool) {
	list := make([]reflect.SelectCase, len(cases), len(cases)+1)
	for i, c := range cases {
		list[i] = reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(c.c)}
		if c.send {
			list[i].Dir, list[i].Send = reflect.SelectSend, reflect.ValueOf(c.box).Elem()
		}
	}
	if hasDefault {
		list = append(list, reflect.SelectCase{Dir: reflect.SelectDefault})
	}
	i, v, ok := reflect.Select(list)
	if i == len(cases) {
		return -1, false
	}
	if !cases[i].send {
		reflect.ValueOf(cases[i].box).Elem().Set(v)
	}
	return i, ok
}
