//go:build linux

package corpus

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func timeAfterFunc(t testing.TB) {
	done := make(chan struct{})
	time.AfterFunc(time.Millisecond, func() { close(done) })
	<-done
}

func timeAfterFuncStopped(t testing.TB) {
	timer := time.AfterFunc(time.Hour, func() { t.Error("it has fired") })
	equal(t, timer.Stop(), true)
}

func timeTicker(t testing.TB) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	stop := make(chan struct{})
	var n atomic.Int64
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-tick.C:
				if n.Add(1) == 3 {
					close(stop)
				}
			case <-stop:
				return
			}
		}
	})
	wg.Wait()
}

func timeTimerReset(t testing.TB) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	timer.Reset(time.Millisecond)
	<-timer.C
	timer.Reset(time.Hour)
}

func timeAfter(t testing.TB) {
	ready := make(chan int, 1)
	ready <- 1
	select {
	case <-ready:
	case <-time.After(time.Hour):
	}
}

func contextDeadline(t testing.TB) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	<-ctx.Done()
	equal(t, ctx.Err(), context.DeadlineExceeded)
}

func contextAfterFunc(t testing.TB) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	context.AfterFunc(ctx, func() { close(done) })
	stop := context.AfterFunc(ctx, func() {})
	stop()
	cancel()
	<-done
}

type key struct{}

func contextTree(t testing.TB) {
	root, cancel := context.WithCancelCause(context.Background())
	var wg sync.WaitGroup
	for i := range 5 {
		child, cancelChild := context.WithTimeout(context.WithValue(root, key{}, i), time.Hour)
		wg.Go(func() { defer cancelChild(); <-child.Done() })
	}
	cancel(errors.New("over"))
	wg.Wait()
}
