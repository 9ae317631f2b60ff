//go:build linux

package corpus

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/panjf2000/ants/v2"
	"github.com/robfig/cron/v3"
	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
)

var syncBodies = []body{
	{name: "time/AfterFunc fires", run: timeAfterFunc},
	{name: "time/AfterFunc stopped", run: timeAfterFuncStopped},
	{name: "time/ticker", run: timeTicker},
	{name: "time/timer reset", run: timeTimerReset},
	{name: "time/After not received", run: timeAfter},
	{name: "context/deadline", run: contextDeadline},
	{name: "context/AfterFunc", run: contextAfterFunc},
	{name: "context/tree", run: contextTree},
	{name: "sync/workers", run: syncWorkers},
	{name: "sync/pipeline", run: syncPipeline},
	{name: "sync/errgroup", run: syncErrgroup},
	{name: "sync/singleflight", run: syncSingleflight},
	{name: "sync/cond queue", run: syncCond},
	{name: "sync/RWMutex", run: syncRWMutex},
	{name: "sync/map and once", run: syncMapOnce},
	{name: "sync/pool", run: syncPool},
	{name: "sync/semaphore", run: syncSemaphore},
	{name: "sync/broadcast", run: syncBroadcast},
	{name: "sync/rate limiter", run: syncRate},
	{name: "sync/iter.Pull", run: syncIterPull},
	{name: "sync/ends soon", run: syncEndsSoon},
	{name: "sync/locked to a thread", run: syncLockedThread},
	{name: "sync/cleanup and finalizer", run: syncCleanup},
	{name: "sync/panic in a goroutine", run: syncPanics},
	{name: "sync/ants", run: syncAnts},
	{name: "sync/backoff", run: syncBackoff},
	{name: "sync/cron", run: syncCron},
}

func syncWorkers(t testing.TB) {
	jobs, results := make(chan int), make(chan int)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for j := range jobs {
				results <- j * j
			}
		})
	}
	go func() {
		for i := range 20 {
			jobs <- i
		}
		close(jobs)
		wg.Wait()
		close(results)
	}()
	sum := 0
	for r := range results {
		sum += r
	}
	equal(t, sum, 2470)
}

func syncPipeline(t testing.TB) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	source := make(chan int)
	go func() {
		defer close(source)
		for i := 0; ; i++ {
			select {
			case source <- i:
			case <-ctx.Done():
				return
			}
		}
	}()
	doubled := make(chan int)
	go func() {
		defer close(doubled)
		for i := range source {
			select {
			case doubled <- 2 * i:
			case <-ctx.Done():
				return
			}
		}
	}()
	for i := range 5 {
		equal(t, <-doubled, 2*i)
	}
	cancel()
	for range doubled {
	}
}

func syncErrgroup(t testing.TB) {
	g, ctx := errgroup.WithContext(context.Background())
	g.SetLimit(3)
	failure := errors.New("failure")
	for i := range 6 {
		g.Go(func() error {
			if i == 2 {
				return failure
			}
			<-ctx.Done()
			return ctx.Err()
		})
		if i == 2 {
			<-ctx.Done()
		}
	}
	equal(t, g.Wait(), failure)
}

func syncSingleflight(t testing.TB) {
	var g singleflight.Group
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			v, err, _ := g.Do("key", func() (any, error) { runtime.Gosched(); return 1, nil })
			if v != 1 || err != nil {
				t.Error(v, err)
			}
		})
	}
	wg.Wait()
	<-g.DoChan("key", func() (any, error) { return 1, nil })
}

func syncCond(t testing.TB) {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	var queue []int
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			mu.Lock()
			defer mu.Unlock()
			for len(queue) == 0 {
				cond.Wait()
			}
			queue = queue[1:]
		})
	}
	mu.Lock()
	queue = append(queue, 1, 2, 3)
	mu.Unlock()
	cond.Broadcast()
	wg.Wait()
	equal(t, len(queue), 0)
}

func syncRWMutex(t testing.TB) {
	var mu sync.RWMutex
	shared := 0
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			if i%3 == 0 {
				mu.Lock()
				defer mu.Unlock()
				shared++
				return
			}
			mu.RLock()
			defer mu.RUnlock()
			_ = shared
		})
	}
	wg.Wait()
	equal(t, shared, 2)
}

func syncMapOnce(t testing.TB) {
	var m sync.Map
	value := sync.OnceValue(func() []byte { return make([]byte, 100) })
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			m.Store(i, value())
			m.LoadOrStore(0, value())
		})
	}
	wg.Wait()
	m.Range(func(k, _ any) bool { m.Delete(k); return true })
}

var buffers = sync.Pool{New: func() any { return new([4096]byte) }}

func syncPool(t testing.TB) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			b := buffers.Get().(*[4096]byte)
			b[0]++
			buffers.Put(b)
		})
	}
	wg.Wait()
}

func syncSemaphore(t testing.TB) {
	s := semaphore.NewWeighted(2)
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() {
			if s.Acquire(context.Background(), 1) == nil {
				s.Release(1)
			}
		})
	}
	wg.Wait()
	must(t, s.Acquire(context.Background(), 2))
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	equal(t, s.Acquire(ctx, 1), context.DeadlineExceeded)
	s.Release(2)
}

func syncBroadcast(t testing.TB) {
	start := make(chan struct{})
	var ready, done sync.WaitGroup
	for range 10 {
		ready.Add(1)
		done.Go(func() { ready.Done(); <-start })
	}
	ready.Wait()
	close(start)
	done.Wait()
}

func syncRate(t testing.TB) {
	l := rate.NewLimiter(rate.Every(time.Millisecond), 1)
	for range 3 {
		must(t, l.Wait(context.Background()))
	}
}

func syncIterPull(t testing.TB) {
	next, stop := iter.Pull(slices.Values([]int{1, 2, 3}))
	next()
	stop()
	next, stop = iter.Pull(slices.Values([]int{1}))
	defer stop()
	for {
		if _, ok := next(); !ok {
			break
		}
	}
}

// syncEndsSoon returns before its goroutines have ended, as they do by themselves.
func syncEndsSoon(t testing.TB) {
	for i := range 3 {
		go func() { time.Sleep(time.Duration(i) * 5 * time.Millisecond) }()
	}
}

func syncLockedThread(t testing.TB) {
	done := make(chan struct{})
	go func() { // the thread ends with its goroutine
		defer close(done)
		runtime.LockOSThread()
	}()
	<-done
}

func syncCleanup(t testing.TB) {
	done := make(chan struct{})
	func() {
		object := &struct{ b [64]byte }{}
		runtime.AddCleanup(object, func(c chan struct{}) { close(c) }, done)
		runtime.SetFinalizer(&struct{ b [64]byte }{}, func(any) {})
	}()
	runtime.GC()
	<-done
}

func syncPanics(t testing.TB) {
	done := make(chan any)
	go func() {
		defer func() { done <- recover() }()
		panic("at the disco")
	}()
	if <-done == nil {
		t.Fatal("no panic")
	}
}

func syncAnts(t testing.TB) {
	pool := got(ants.NewPool(3))(t)
	var wg sync.WaitGroup
	for range 10 {
		wg.Add(1)
		must(t, pool.Submit(wg.Done))
	}
	wg.Wait()
	must(t, pool.ReleaseTimeout(10*time.Second))
}

func syncBackoff(t testing.TB) {
	n := 0
	b := backoff.NewConstantBackOff(time.Millisecond)
	v, err := backoff.Retry(context.Background(), func() (int, error) {
		if n++; n < 3 {
			return 0, errors.New("not yet")
		}
		return n, nil
	}, backoff.WithBackOff(b))
	must(t, err)
	equal(t, v, 3)
}

// now is a schedule that is due at once.
type now struct{}

func (now) Next(t time.Time) time.Time { return t.Add(time.Millisecond) }

func syncCron(t testing.TB) {
	c := cron.New()
	ran := make(chan struct{}, 1)
	c.Schedule(now{}, cron.FuncJob(func() {
		select {
		case ran <- struct{}{}:
		default:
		}
	}))
	c.Start()
	<-ran
	<-c.Stop().Done()
}
