package compat

import (
	"testing"

	"github.com/alitto/pond/v2"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/panjf2000/ants/v2"
	"github.com/stretchr/testify/assert"
)

// ponds is a pool of pond, whose Submit returns the task's future.
type ponds struct{ pond.Pool }

func (p ponds) Submit(task func()) error { return p.Go(task) }

func TestAnts(t *testing.T) {
	pool := must(ants.NewPool(4, ants.WithNonblocking(true), ants.WithPanicHandler(func(any) {})))
	t.Cleanup(pool.Release)
	workers(t, poolassert.Workers("crew", pool))
}

func TestPond(t *testing.T) {
	pool := pond.NewPool(4)
	t.Cleanup(pool.StopAndWait)
	workers(t, poolassert.Workers("crew", ponds{pool}))
}

func submitAndForget(t *testing.T, p *poolassert.WorkerPool) {
	started, release := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { close(release) })
	assert.NoError(t, p.Submit(func() { close(started); <-release }))
	<-started
}

// workers tries a pool of four workers.
func workers(t *testing.T, p *poolassert.WorkerPool) {
	holds(t, p, func() {
		for range 4 {
			_ = p.Submit(func() {}) // rejected if all are at work
		}
		_ = p.Submit(func() { panic("it is recovered") })
	})
	report := leaks(t, p, "crew  InUse 0 → 1", func() { submitAndForget(t, p) })
	assert.Regexp(t, `\n    checked out  compat\.submitAndForget  workers_test\.go:\d+\n`, report)
}
