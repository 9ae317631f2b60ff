package poolassert

import (
	"sync"
	"sync/atomic"

	"github.com/leakassert/leakassert/internal/poolprobe"
)

// Tracked is a [sync.Pool] of T, for tests and for production, that can report who has not put
// an object back. [NewTracked] makes one.
//
// A check of a Tracked turns tracking on while the check lasts. [Tracked.Track] turns it on
// until stop is called. With tracking on, Get and Put are counted and cost a few microseconds
// each. A check reports a Put of an object that is already in the pool, or that was never taken
// from it, with both stacks. An object that is put twice is in the pool once. At first tracking
// is off: Get and Put are those of sync.Pool, and test one flag.
//
// Tracked identifies objects if T is a pointer, a slice, a map or a channel. Other values are
// only counted. With sync.Pool an object need not be put back; here it then counts as out.
type Tracked[T any] struct{ trackedPool }

// A trackedPool is what of a [Tracked] does not depend on T, so that the compiler inlines
// what does.
type trackedPool struct {
	named
	pool sync.Pool
	// from is where Get takes from: the pool or, while tracking is on, noting, which is
	// always empty and has a New that takes from kept. So the compiler inlines Get.
	from   atomic.Pointer[sync.Pool]
	noting sync.Pool
	// kept has what is put back while tracking is on: a Get that was under way when
	// it began must not take, unnoted, what the ledger knows.
	kept  sync.Pool
	state atomic.Int32

	mu     sync.Mutex // of wanted
	wanted int
	ledger poolprobe.Ledger
}

// The states of a Tracked.
const (
	unused    = iota
	untracked // something may be out that was not noted
	tracking
)

// NewTracked returns a pool whose Get calls newT if the pool is empty. If newT is nil, Get then
// returns the zero value.
func NewTracked[T any](name string, newT func() T) *Tracked[T] {
	p := &Tracked[T]{trackedPool{named: named(name)}}
	if newT == nil {
		newT = func() (zero T) { return zero }
	}
	p.pool.New = func() any {
		if !p.state.CompareAndSwap(unused, untracked) && p.state.Load() == tracking {
			p.ledger.Doubt() // this Get began before
		}
		return newT()
	}
	p.kept.New = func() any { return newT() }
	p.noting.New = func() any {
		v := p.kept.Get()
		p.ledger.Got(v, 1)
		return v
	}
	p.from.Store(&p.pool)
	return p
}

// Get takes an object out of the pool, or makes one.
func (p *Tracked[T]) Get() (v T) {
	// An interface can be nil. The bare return keeps it small enough to be inlined.
	v, _ = p.from.Load().Get().(T)
	return
}

// Put puts v back.
func (p *Tracked[T]) Put(v T) { p.put(v) }

func (p *trackedPool) put(v any) {
	switch {
	case p.state.Load() == untracked, p.state.CompareAndSwap(unused, untracked):
		p.pool.Put(v)
	case p.ledger.Put(v, 1):
		p.kept.Put(v)
	}
}

// Track turns tracking on until stop is called. If Track is called before the first Get, every
// Put of an object that was never taken is reported. Otherwise an object that is not known
// may have been taken before, and its Put is accepted.
func (p *Tracked[T]) Track() (stop func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wanted++; p.wanted == 1 {
		// A Put that was under way when tracking ended may be noted at once: it is
		// doubted from the beginning. Nothing else is noted before the state says so,
		// and by then there is a doubt if there must be one.
		p.ledger.Begin(p.state.Load() == unused)
		if !p.state.CompareAndSwap(unused, tracking) {
			p.ledger.Doubt()
			p.state.Store(tracking)
		}
		p.from.Store(&p.noting)
	}
	return sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.wanted--; p.wanted == 0 {
			p.from.Store(&p.pool)
			p.state.Store(untracked)
			p.ledger.End()
		}
	})
}

// Stats returns how many objects are out, of those taken while tracking is on.
func (p *Tracked[T]) Stats() Stats {
	gets, puts := p.ledger.Counts()
	return Stats{InUse: max(0, gets-puts), Raw: struct{ Gets, Puts int64 }{gets, puts}}
}

// Prompt marks a pool whose Stats never blocks.
func (p *Tracked[T]) Prompt() {}

// Held returns who has taken what is out. Checks call it.
func (p *Tracked[T]) Held() poolprobe.Taken { return p.ledger.Held() }

// Faults returns the wrong uses that were seen. Checks call it.
func (p *Tracked[T]) Faults() []poolprobe.Fault { return p.ledger.Faults() }
