package workers_test

import (
	"context"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/examples/workers"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// do is Do or LeakingDo.
type do func(ctx context.Context, r workers.Runner, task func() int) (int, error)

// giveUp has a task run whose caller gives up. The task goes on and has a result.
func giveUp(t *testing.T, do do, r workers.Runner) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	gaveUp := make(chan struct{})
	_, err := do(ctx, r, func() int { <-gaveUp; return 42 })
	assert.ErrorIs(t, err, context.Canceled)
	close(gaveUp)
}

func TestDo(t *testing.T) {
	pool := workers.Start(2, 3) // there is room for three tasks whose callers give up
	tasks := poolassert.Workers("tasks", pool)
	leaktest.Check(t, leaktest.Pools(tasks))
	defer pool.Close()
	for range 100 {
		v, err := workers.Do(t.Context(), tasks, func() int { return 42 })
		require.NoError(t, err)
		assert.Equal(t, 42, v)
	}
	for range 3 {
		giveUp(t, workers.Do, tasks)
	}
}

// saturate fills a pool of two workers and a queue of two with tasks that wait.
func saturate(t *testing.T, p *workers.Pool, release <-chan struct{}, done *atomic.Int64) {
	begun := make(chan struct{})
	for range 2 {
		require.NoError(t, p.Submit(func() { begun <- struct{}{}; <-release; done.Add(1) }))
		<-begun // a worker has taken it out of the queue
	}
	for range 2 {
		require.NoError(t, p.Submit(func() { <-release; done.Add(1) }))
	}
}

func TestCallerRuns(t *testing.T) {
	leaktest.Check(t)
	p, release := workers.Start(2, 2), make(chan struct{})
	var done atomic.Int64
	saturate(t, p, release, &done)
	ran := false // not synchronized: the race detector sees which goroutine runs the task
	require.NoError(t, p.Submit(func() { ran = true }))
	assert.True(t, ran, "Submit returns when the task is done")
	assert.Zero(t, done.Load(), "the others still wait")
	close(release)
	p.Close()
	assert.EqualValues(t, 4, done.Load())
}

// A pool that is closed does what was submitted, also what callers run, and nothing
// else.
func TestCloseDrains(t *testing.T) {
	leaktest.Check(t)
	p, release := workers.Start(2, 2), make(chan struct{})
	var done atomic.Int64
	saturate(t, p, release, &done)
	running, ended, closed := make(chan struct{}), make(chan error), make(chan struct{})
	go func() { ended <- p.Submit(func() { close(running); <-release; done.Add(1) }) }()
	<-running
	go func() { p.Close(); close(closed) }()
	for p.Submit(func() {}) == nil { // until Close has begun; the queue is full, so this runs here
		runtime.Gosched()
	}
	assert.ErrorIs(t, p.Submit(func() { t.Error("it runs") }), workers.ErrClosed)
	_, err := workers.Do(t.Context(), p, func() int { t.Error("it runs"); return 0 })
	assert.ErrorIs(t, err, workers.ErrClosed)
	select {
	case <-closed:
		t.Error("Close has not waited")
	default:
	}
	close(release)
	<-closed
	assert.NoError(t, <-ended)
	assert.EqualValues(t, 5, done.Load())
	p.Close()
}

// A task may submit others, also while the pool is closed.
func TestTasksOfTasks(t *testing.T) {
	leaktest.Check(t)
	p := workers.Start(2, 1)
	var accepted, done atomic.Int64
	var spread func(depth int)
	spread = func(depth int) {
		done.Add(1)
		for range 3 * min(depth, 1) {
			if p.Submit(func() { spread(depth - 1) }) == nil {
				accepted.Add(1)
			}
		}
	}
	for range 10 {
		require.NoError(t, p.Submit(func() { spread(3) }))
		accepted.Add(1)
	}
	p.Close()
	assert.Equal(t, accepted.Load(), done.Load())
}

// crowd submits n tasks and returns how many ran at the same time at most. If they
// meet, none ends before all have begun.
func crowd(r workers.Runner, n int, meet bool) int64 {
	var running, most atomic.Int64
	var begun, ended sync.WaitGroup
	begun.Add(n)
	ended.Add(n)
	for range n {
		_ = r.Submit(func() {
			defer ended.Done()
			now := running.Add(1)
			for m := most.Load(); now > m && !most.CompareAndSwap(m, now); m = most.Load() {
			}
			begun.Done()
			if meet {
				begun.Wait()
			}
			running.Add(-1)
		})
	}
	ended.Wait()
	return most.Load()
}

func TestBound(t *testing.T) {
	leaktest.Check(t)
	p := workers.Start(4, 8)
	defer p.Close()
	assert.LessOrEqual(t, crowd(p, 1000, false), int64(4+1), "the workers and the caller")
	assert.EqualValues(t, 1000, crowd(workers.Leaking{}, 1000, true), "one goroutine a task")
}

// The leaking form is caught each time: by the goroutine that waits, and by the task
// that has not finished.
func TestLeakingTasksAreCaught(t *testing.T) {
	tasks := poolassert.Workers("tasks", workers.Leaking{})
	f := faketb.New("TestTasks")
	assert.True(t, leaktest.NoLeak(f, func() { giveUp(t, workers.Do, tasks) }, leaktest.Pools(tasks)))
	assert.Empty(t, f.Errors()+f.Logs())
	assert.False(t, leaktest.NoLeak(f, func() {
		before := senders()
		giveUp(t, workers.LeakingDo, tasks)
		for senders() == before {
			runtime.Gosched()
		}
	}, leaktest.Pools(tasks), leaktest.Settle(0)))
	readme.Report(t, "TestTasks", f.Errors(), proof)
}

// proof matches what Go 1.27 proves of a goroutine that nothing can wake.
var proof = regexp.MustCompile(`leaked(?: \(.*\))?:|(    created by .*\n(?: {16}.*\n)*)(?:    proven .*\n)?`)

// senders returns how many goroutines wait to send.
func senders() int {
	stacks := make([]byte, 1<<20)
	return strings.Count(string(stacks[:runtime.Stack(stacks, true)]), " [chan send")
}
