package poolassert

import (
	"fmt"
	"sync"
)

// Semaphore is a semaphore of so many permits, such as a [semaphore.Weighted], which
// has no statistics: a check takes all that is left for a moment, and gives it back.
// Who only tries in that moment is refused.
//
// [semaphore.Weighted]: https://pkg.go.dev/golang.org/x/sync/semaphore
func Semaphore(name string, s interface {
	TryAcquire(int64) bool
	Release(int64)
}, size int64) Pool {
	return &semaphorePool{name: name, s: s, size: size}
}

type semaphorePool struct {
	name string
	s    interface {
		TryAcquire(int64) bool
		Release(int64)
	}
	size int64
	mu   sync.Mutex // two checks must not take each other's
}

func (p *semaphorePool) Name() string { return p.name }

func (p *semaphorePool) Validate() error {
	if p.size <= 0 {
		return fmt.Errorf("%s: a semaphore of size %d: pass the size that it was made with", p.name, p.size)
	}
	return notNil(p.name, p.s)
}

// Stats takes what there is: all at once if nothing is out, otherwise in steps.
func (p *semaphorePool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.s.TryAcquire(p.size) {
		p.s.Release(p.size)
		return Stats{Open: p.size, Idle: p.size}
	}
	free := int64(0)
	for step := int64(1) << 62; step > 0; step >>= 1 {
		if step <= p.size-free && p.s.TryAcquire(step) {
			free += step
		}
	}
	if free > 0 {
		p.s.Release(free)
	}
	return Stats{InUse: p.size - free, Open: p.size, Idle: free}
}

// Slots is a channel that is used as a pool. One that is empty when Slots is called
// is filled by those who take: what is in it is out. One with something in it is
// emptied by them: what is missing is out. So call it while nothing is out, once for
// each channel.
func Slots[T any](name string, slots chan T) Pool {
	return slotPool[T]{name, slots, len(slots) == 0}
}

type slotPool[T any] struct {
	name   string
	slots  chan T
	filled bool // by those who take
}

func (p slotPool[T]) Name() string { return p.name }
func (p slotPool[T]) Prompt()      {}

func (p slotPool[T]) Validate() error {
	if p.slots != nil && cap(p.slots) == 0 {
		return fmt.Errorf("%s: the channel has no room: it is no pool", p.name)
	}
	return notNil(p.name, p.slots)
}

func (p slotPool[T]) Stats() Stats {
	out, size := int64(len(p.slots)), int64(cap(p.slots))
	if !p.filled {
		out = size - out
	}
	return Stats{InUse: out, Open: size, Idle: size - out}
}
