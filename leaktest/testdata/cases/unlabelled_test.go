package cases

import (
	"context"
	"runtime/pprof"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest"
)

// busy has goroutines at work until the returned function is called: some that only
// are there, and some that start others all the time.
func busy() (stop func()) {
	over := make(chan struct{})
	var all sync.WaitGroup
	for range 290 {
		all.Go(func() { <-over })
	}
	for range 10 {
		all.Go(func() {
			for {
				var some sync.WaitGroup
				some.Go(func() { time.Sleep(100 * time.Microsecond) })
				time.AfterFunc(50*time.Microsecond, func() {})
				select {
				case <-over:
					return
				case <-time.After(500 * time.Microsecond):
				}
				some.Wait()
			}
		})
	}
	return func() { close(over); all.Wait() }
}

// byTimer and the others start body on a goroutine that has not the label of the test.
func byTimer(body func()) { time.AfterFunc(0, body) }

func byOwnLabels(body func()) {
	pprof.Do(context.Background(), pprof.Labels("job", "7"), func(context.Context) { go body() })
}

func byDeadline(body func()) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	context.AfterFunc(ctx, body)
	_ = cancel // the deadline passes
}

// A guest is a goroutine with no test on its stack.
type guest struct{ ready chan struct{} }

func (g guest) stay()  { close(g.ready); <-never }
func (g guest) leave() { close(g.ready) }

func TestUnlabelledBesideOthers(t *testing.T) {
	if !on("unlabelled") {
		return
	}
	stop := busy()
	defer stop()
	for name, start := range map[string]func(func()){"timer": byTimer, "labels": byOwnLabels, "deadline": byDeadline} {
		t.Run(name, func(t *testing.T) {
			for range 20 {
				t.Run("leaks", func(t *testing.T) {
					leaktest.Check(t, soon)
					g := guest{make(chan struct{})}
					start(g.stay)
					<-g.ready
				})
				t.Run("clean", func(t *testing.T) {
					leaktest.Check(t, soon)
					g := guest{make(chan struct{})}
					start(g.leave)
					<-g.ready
				})
			}
		})
	}
}
