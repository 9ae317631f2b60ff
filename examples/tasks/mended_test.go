package tasks_test

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/examples/tasks"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
)

// minute has a runner do one task, which is added after 30.5 s, and returns how long
// the task has waited and how often the store was asked in a minute. Time is that of
// the bubble. The minute ends between two ticks.
func minute(store *tasks.Store, done <-chan tasks.Task) (waited time.Duration, asked int64) {
	time.Sleep(30*time.Second + 500*time.Millisecond)
	added := time.Now()
	store.Add("send the invoice")
	<-done
	waited = time.Since(added)
	time.Sleep(30*time.Second - waited)
	return waited, store.Stats().Asked
}

func TestRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, done := tasks.NewStore(), make(chan tasks.Task)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- tasks.Run(ctx, store, func(task tasks.Task) { done <- task }) }()
		waited, asked := minute(store, done)
		assert.Zero(t, waited)
		assert.EqualValues(t, 2, asked, "once for the task, once for the next one")
		cancel()
		assert.ErrorIs(t, <-ended, context.Canceled)
	})
}

func TestLeakingRunnerAsksForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, done := tasks.NewStore(), make(chan tasks.Task)
		tasks.StartLeaking(store, time.Second, func(task tasks.Task) { endIf(task); done <- task })
		waited, asked := minute(store, done)
		assert.Equal(t, 500*time.Millisecond, waited)
		assert.EqualValues(t, 60, asked, "once for the task, the rest for nothing")
		store.Add(end)
		time.Sleep(time.Minute)
	})
}

// end is a task that ends the goroutine of a leaking runner, which nothing else ends.
const end tasks.Task = "end"

func endIf(task tasks.Task) {
	if task == end {
		runtime.Goexit()
	}
}

// watch returns the store as a pool: nobody must wait at the end who did not at the
// start.
func watch(store *tasks.Store) poolassert.Pool {
	return poolassert.Watch("store", store.Stats, poolassert.Gauge[tasks.Stats]{
		Name: "Waiting", Value: func(s tasks.Stats) int64 { return s.Waiting },
	})
}

// Several runners do each task once, and end.
func TestRunners(t *testing.T) {
	store := tasks.NewStore()
	leaktest.Check(t, leaktest.Pools(watch(store)))
	const n = 500
	ctx, cancel := context.WithCancel(context.Background())
	var (
		mu      sync.Mutex
		did     = make(map[tasks.Task]int)
		todo    sync.WaitGroup
		runners sync.WaitGroup
	)
	todo.Add(n)
	for range 4 {
		runners.Go(func() {
			assert.ErrorIs(t, tasks.Run(ctx, store, func(task tasks.Task) {
				mu.Lock()
				defer mu.Unlock()
				did[task]++
				todo.Done()
			}), context.Canceled)
		})
	}
	for i := range n {
		store.Add(tasks.Task(fmt.Sprint("task ", i)))
	}
	todo.Wait()
	cancel()
	runners.Wait()
	assert.Len(t, did, n)
}

// A runner that is ended before it has begun still does what is there.
func TestRunEnded(t *testing.T) {
	store := tasks.NewStore()
	leaktest.Check(t, leaktest.Pools(watch(store)))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	store.Add("send the invoice")
	did := 0
	assert.ErrorIs(t, tasks.Run(ctx, store, func(tasks.Task) { did++ }), context.Canceled)
	assert.Equal(t, 1, did)
}

// The leaking runner is caught each time: an hour passes, and it is still there. The
// bubble makes the hour short.
func TestLeakingRunnerIsCaught(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := tasks.NewStore()
		f := faketb.New("TestRunner")
		assert.False(t, leaktest.NoLeak(f, func() {
			tasks.StartLeaking(store, time.Second, endIf)
			time.Sleep(time.Hour)
			synctest.Wait()
		}, leaktest.Settle(0)))
		readme.Report(t, "TestRunner", f.Errors())
		store.Add(end)
		time.Sleep(time.Minute)
	})
}
