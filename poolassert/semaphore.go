package poolassert

import (
	"errors"
	"fmt"
	"sync"
)

// Semaphore returns a pool for a semaphore with size permits, such as a
// [semaphore.Weighted]. A semaphore has no statistics, so a check acquires the permits that
// are left and releases them at once. A TryAcquire in that moment fails.
//
// [semaphore.Weighted]: https://pkg.go.dev/golang.org/x/sync/semaphore
func Semaphore(name string, s interface {
	TryAcquire(int64) bool
	Release(int64)
}, size int64) Pool {
	p := known{named: named(name), err: notNil(s, watched)}
	if size <= 0 {
		p.err = fmt.Errorf("a semaphore of size %d: pass the size that it was made with", size)
	}
	var mu sync.Mutex // two checks must not take each other's
	p.stats = func() Stats {
		mu.Lock()
		defer mu.Unlock()
		free := int64(0)
		if s.TryAcquire(size) { // otherwise something is out
			free = size
		}
		for step := int64(1) << 62; step > 0; step >>= 1 {
			if step <= size-free && s.TryAcquire(step) {
				free += step
			}
		}
		if free > 0 {
			s.Release(free)
		}
		return Stats{InUse: size - free, Open: size, Idle: free}
	}
	return p
}

// Slots returns a pool for a channel that is used as one. If the channel is empty at the call,
// its users send to take a slot, and its length is what is out. If the channel has something in
// it, its users receive to take it, and what is missing is out. So call Slots while nothing is
// out, and once for each channel.
func Slots[T any](name string, slots chan T) Pool {
	err := notNil(slots, watched)
	if slots != nil && cap(slots) == 0 {
		err = errors.New("the channel has no buffer: it is no pool")
	}
	filled := len(slots) == 0 // by those who take
	return promptPool{known{named: named(name), err: err, stats: func() Stats {
		out, size := int64(len(slots)), int64(cap(slots))
		if !filled {
			out = size - out
		}
		return Stats{InUse: out, Open: size, Idle: size - out}
	}}}
}

type promptPool struct{ known }

func (promptPool) Prompt() {}
