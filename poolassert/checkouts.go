package poolassert

import (
	"sync"
	"sync/atomic"

	"github.com/leakassert/leakassert/internal/poolprobe"
)

// Checkouts records where things were taken out of a pool, from hooks that the pool calls.
// With pgxpool:
//
//	var out poolassert.Checkouts
//	config.PrepareConn = func(_ context.Context, c *pgx.Conn) (bool, error) { out.Out(c); return true, nil }
//	config.AfterRelease = func(c *pgx.Conn) bool { out.Back(c); return true }
//	config.BeforeClose = func(c *pgx.Conn) { out.Back(c) } // not released: in a transaction, too old
//	…
//	poolassert.Check(t, poolassert.With(poolassert.PGX("orders", pool), poolassert.KnownBy(&out)))
//
// With an AfterRelease, pgxpool takes connections back on another goroutine. If the config has
// no tracer yet, a tracer is better: pgxpool calls its TraceAcquireEnd and TraceRelease at once.
// The statistics of the pool decide whether there is a leak.
//
// Each call costs about a microsecond. The zero value is ready to use, also by several goroutines
// at the same time.
type Checkouts struct {
	mu  sync.Mutex
	out map[any]poolprobe.Stack
}

// Out records that key was taken by the calling function, or by the function for which a
// hook is called. key must be comparable.
func (c *Checkouts) Out(key any) {
	s := poolprobe.Here(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.out == nil {
		c.out = make(map[any]poolprobe.Stack)
	}
	c.out[key] = s
}

// Back records that key has come back.
func (c *Checkouts) Back(key any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.out, key)
}

func (c *Checkouts) len() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int64(len(c.out))
}

func (c *Checkouts) held() poolprobe.Taken {
	c.mu.Lock()
	defer c.mu.Unlock()
	held := make(poolprobe.Taken)
	for _, s := range c.out {
		held[poolprobe.Place{Stack: s}]++
	}
	return held
}

// A recorded pool is one whose checkouts are recorded as they happen.
type recorded struct {
	named
	out Checkouts
}

// Prompt marks a pool whose Stats never blocks.
func (p *recorded) Prompt() {}

// Held returns who has taken what is out. Checks call it.
func (p *recorded) Held() poolprobe.Taken { return p.out.held() }

// Workers returns a pool of workers that run submitted tasks, such as an ants.Pool. Submit tasks
// through the result. A task is in use from when it is accepted until it finishes. Workers that
// wait for a task are not in use.
func Workers(name string, pool interface{ Submit(task func()) error }) *WorkerPool {
	return &WorkerPool{recorded: recorded{named: named(name)}, pool: pool}
}

// A WorkerPool is a [Pool] of workers. [Workers] returns one.
type WorkerPool struct {
	recorded
	pool     interface{ Submit(func()) error }
	accepted atomic.Int64
}

// Submit submits a task to the pool and returns the pool's error.
func (p *WorkerPool) Submit(task func()) error {
	id := p.accepted.Add(1)
	p.out.Out(id)
	err := p.pool.Submit(func() {
		defer p.out.Back(id)
		task()
	})
	if err != nil {
		p.out.Back(id)
	}
	return err
}

// Stats returns how many tasks were accepted and have not finished.
func (p *WorkerPool) Stats() Stats {
	out, accepted := p.out.len(), p.accepted.Load() // in this order: more must not be out than was accepted
	return Stats{InUse: out, Raw: struct{ Accepted, Finished int64 }{accepted, accepted - out}}
}

// Validate returns what is wrong with the pool.
func (p *WorkerPool) Validate() error { return notNil(p.pool, watched) }
