package explore

import (
	"unsafe"

	"github.com/leakassert/leakassert/internal/explore/op"
)

// A spin is the evidence that a task waits by looking again and again.
type spin struct {
	addr  unsafe.Pointer
	value uint64
	steps uint32
	last  uint32 // the step of the last hit
	site  uint32
	hits  uint8
}

// A task spins when it has looked at the same word at the same site spinHits
// times, has found the same there, no two looks more than spinGap steps apart,
// and has changed nothing meanwhile by an operation that can't fail.
const (
	spinGap  = 64
	spinHits = 8
)

// sees records one more step and reports whether the task spins. Without it a
// task that waits for another by a bare loop would run to its step limit.
//
//go:norace
func (p *spin) sees(addr unsafe.Pointer, site uint32, code uint8) bool {
	p.steps++
	switch op.Of(code) {
	case op.Load, op.CompareAndSwap:
		if addr == nil {
			return false // not known: it may be another one each time
		}
	case op.TryLock, op.TryRLock, op.Select:
	case op.Lock, op.Unlock, op.RLock, op.RUnlock:
		return false // a loop may lock, look and unlock
	default:
		p.hits = 0
		return false
	}
	switch {
	case site == p.site && addr == p.addr && word(addr, code) == p.value:
		p.last = p.steps
		if p.hits++; p.hits >= spinHits {
			p.hits = 0
			return true
		}
	case p.steps-p.last > spinGap || p.site == 0:
		p.site, p.addr, p.value = site, addr, word(addr, code)
		p.last, p.hits = p.steps, 0
	}
	return false
}

// word reads the operand of code, or returns 0 where its size is not known.
//
//go:norace
func word(addr unsafe.Pointer, code uint8) uint64 {
	if addr == nil {
		return 0
	}
	switch op.Size(code) {
	case 4:
		return uint64(*(*uint32)(addr))
	case 8:
		return *(*uint64)(addr)
	}
	return 0
}
