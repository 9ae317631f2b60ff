package poolassert

import (
	"sync/atomic"

	"github.com/leakassert/leakassert/internal/poolprobe"
)

// Workers is a pool of workers that tasks are submitted to, such as one of ants.
// Submit through what is returned: in use are tasks that were accepted and have not
// finished. Workers that wait for the next task are none of them.
func Workers(name string, pool interface{ Submit(task func()) error }) *WorkerPool {
	return &WorkerPool{name: name, pool: pool}
}

// A WorkerPool is a [Pool] of workers.
type WorkerPool struct {
	name     string
	pool     interface{ Submit(func()) error }
	tasks    poolprobe.Checkouts
	accepted atomic.Int64
	finished atomic.Int64
}

// Submit submits a task.
func (p *WorkerPool) Submit(task func()) error {
	id := p.accepted.Add(1)
	p.tasks.Out(id, 1)
	done := func() {
		p.tasks.Back(id)
		p.finished.Add(1)
	}
	err := p.pool.Submit(func() {
		defer done()
		task()
	})
	if err != nil {
		done()
	}
	return err
}

// Name is the pool's name.
func (p *WorkerPool) Name() string { return p.name }

// Stats tells of tasks that were accepted and have not finished.
func (p *WorkerPool) Stats() Stats {
	finished := p.finished.Load() // first: it must not be the greater one
	accepted := p.accepted.Load()
	return Stats{InUse: accepted - finished, Raw: struct{ Accepted, Finished int64 }{accepted, finished}}
}

// Prompt says that Stats needs no watching.
func (p *WorkerPool) Prompt() {}

// Validate says what is wrong with the pool.
func (p *WorkerPool) Validate() error { return notNil(p.name, p.pool) }

// Held tells who has submitted the tasks that have not finished.
func (p *WorkerPool) Held() []poolprobe.Checkout { return p.tasks.Held() }
