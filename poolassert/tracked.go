package poolassert

import (
	"sync"
	"sync/atomic"

	"github.com/leakassert/leakassert/internal/poolprobe"
)

// Tracked is a [sync.Pool] of T, for tests and production alike, that can say who
// has not put back what he has taken. [NewTracked] makes one.
//
// A check of it turns tracking on while it lasts, and [Tracked.Track] for good: then
// Get and Put are counted, and Put of what is in the pool already, or of what was
// never taken from it, is reported with the stacks of both; what was put twice is
// not taken in. It costs some microseconds each. With tracking off, as it is at
// first, Get and Put are those of sync.Pool, and a test of one flag.
//
// Objects are told apart if T is a pointer, a slice, a map or a channel; others are
// only counted. What is not put back on purpose, which sync.Pool allows, counts as
// out.
type Tracked[T any] struct{ trackedPool }

// A trackedPool is what of a [Tracked] does not depend on its type: the compiler
// inlines what does.
type trackedPool struct {
	name string
	pool sync.Pool
	// from is where Get takes from: the pool or, while tracking is on, one that is
	// always empty and has a New that takes from kept and notes it. So Get is one
	// call, which the compiler inlines.
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

// NewTracked is a pool in which newT makes what is missing; if it is nil Get
// returns the zero value then.
func NewTracked[T any](name string, newT func() T) *Tracked[T] {
	p := &Tracked[T]{trackedPool{name: name}}
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

// Get takes something out of the pool, or makes it.
func (p *Tracked[T]) Get() (v T) {
	// An interface can be nil. The bare return keeps it small enough to be inlined.
	v, _ = p.from.Load().Get().(T)
	return
}

// Put puts v back.
func (p *Tracked[T]) Put(v T) { p.put(v) }

// put puts v back.
func (p *trackedPool) put(v any) {
	if p.state.Load() != untracked {
		p.note(v)
		return
	}
	p.pool.Put(v)
}

// note puts v back when it is not certain that tracking is off.
func (p *trackedPool) note(v any) {
	switch {
	case p.state.CompareAndSwap(unused, untracked) || p.state.Load() == untracked:
		p.pool.Put(v)
	case p.ledger.Put(v, 2):
		p.kept.Put(v)
	}
}

// Track turns tracking on until stop is called. Called before the first Get it
// makes Put of a stranger certain; later, what was taken before is taken in.
func (p *Tracked[T]) Track() (stop func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.wanted++; p.wanted == 1 {
		// Nothing is noted before the state says so, and by then there is a doubt if
		// there must be one.
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

// Name is the pool's name.
func (p *Tracked[T]) Name() string { return p.name }

// Stats tells how many objects are out, of those taken while tracking is on.
func (p *Tracked[T]) Stats() Stats {
	gets, puts := p.ledger.Counts()
	return Stats{InUse: max(0, gets-puts), Raw: struct{ Gets, Puts int64 }{gets, puts}}
}

// Start is called by a check that begins.
func (p *Tracked[T]) Start() (stop func()) { return p.Track() }

// Prompt says that Stats needs no watching.
func (p *Tracked[T]) Prompt() {}

// Held tells who has taken what is out.
func (p *Tracked[T]) Held() []poolprobe.Checkout { return p.ledger.Held() }

// Faults are the wrong uses that were seen.
func (p *Tracked[T]) Faults() []poolprobe.Fault { return p.ledger.Faults() }
