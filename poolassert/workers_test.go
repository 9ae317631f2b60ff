package poolassert_test

import (
	"errors"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
)

// crew is a pool of workers that live until it is closed; what does not fit into
// its queue is rejected.
type crew chan func()

func newCrew(t *testing.T, workers, queue int) crew {
	c := make(crew, queue)
	for range workers {
		go func() {
			for task := range c {
				work(task)
			}
		}()
	}
	t.Cleanup(func() { close(c) })
	return c
}

// work survives a task that panics.
func work(task func()) {
	defer func() { _ = recover() }()
	task()
}

func (c crew) Submit(task func()) error {
	select {
	case c <- task:
		return nil
	default:
		return errors.New("the queue is full")
	}
}

// submitStuck submits a task that waits for release.
func submitStuck(p *poolassert.WorkerPool, release chan struct{}) {
	started := make(chan struct{})
	if p.Submit(func() { close(started); <-release }) == nil {
		<-started
	}
}

func TestWorkers(t *testing.T) {
	p := poolassert.Workers("crew", newCrew(t, 2, 8))
	f := faketb.New("T")
	for range 20 {
		assert.True(t, poolassert.NoLeak(f, func() {
			for range 4 {
				assert.NoError(t, p.Submit(func() {}))
			}
		}, p), "tasks that run are waited for")
	}
	assert.Empty(t, f.Errors()+f.Logs())
	release := make(chan struct{})
	assert.False(t, poolassert.NoLeak(f, func() { submitStuck(p, release) }, soon(p)))
	golden(t, "workers", f.Errors())
	close(release)
	f = faketb.New("T")
	assert.True(t, poolassert.NoLeak(f, func() {}, p))
	assert.Empty(t, f.Errors()+f.Logs())
}

// A task that nobody has begun is out, too.
func TestWorkersQueued(t *testing.T) {
	p := poolassert.Workers("crew", newCrew(t, 0, 1))
	f := faketb.New("T")
	assert.False(t, poolassert.NoLeak(f, func() { assert.NoError(t, p.Submit(func() {})) }, soon(p)))
	assert.Contains(t, f.Errors(), "crew  InUse 0 → 1")
}

func TestWorkersRejectedTask(t *testing.T) {
	p := poolassert.Workers("crew", newCrew(t, 0, 0))
	f := faketb.New("T")
	assert.True(t, poolassert.NoLeak(f, func() {
		assert.EqualError(t, p.Submit(func() { t.Error("it runs") }), "the queue is full")
	}, p))
	assert.Empty(t, f.Errors()+f.Logs())
	assert.Zero(t, p.Stats().InUse)
}

func TestWorkersTaskPanics(t *testing.T) {
	p := poolassert.Workers("crew", newCrew(t, 1, 1))
	f := faketb.New("T")
	assert.True(t, poolassert.NoLeak(f, func() { assert.NoError(t, p.Submit(func() { panic("it breaks") })) }, p))
	assert.Empty(t, f.Errors()+f.Logs())
}

func TestWorkersWithoutPool(t *testing.T) {
	f := faketb.New("T")
	poolassert.NoLeak(f, func() {}, poolassert.Workers("crew", nil))
	assert.Equal(t, "poolassert: crew: what it watches is nil: open it before the check", f.Errors())
}
