package leaktest_test

import (
	"runtime"
	"sync"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
)

// A crowd of goroutines waits in so many calls that the text of all stacks has more than 64 MiB.
const (
	crowdSize  = 7000
	crowdDepth = 100 // the runtime prints no more
)

//go:noinline
func inDepth(n int, f func()) {
	if n == 0 {
		f()
		return
	}
	inDepth(n-1, f)
}

// gather starts the crowd, and returns when all of it waits.
func gather() (release func()) {
	done := make(chan struct{})
	var up, down sync.WaitGroup
	up.Add(crowdSize)
	for range crowdSize {
		down.Go(func() { inDepth(crowdDepth, func() { up.Done(); <-done }) })
	}
	up.Wait()
	return func() { close(done); down.Wait() }
}

// The stacks of 64 MiB don't hide a leak, and a leak of 64 MiB is counted.
func TestHugeDump(t *testing.T) {
	if raceEnabled {
		t.Skip("go test runs it: the race detector allows for few goroutines more")
	}
	release := gather()
	text := make([]byte, 64<<20)
	assert.Equal(t, len(text), runtime.Stack(text, true), "the stacks have as much text")
	text = nil
	never := make(chan struct{})
	f, _ := faketb.Run("TestAmongMany", func(f *faketb.TB) {
		leaktest.Check(f, leaktest.Settle(0), leaktest.Only(leaktest.KindGoroutine))
		ready := make(chan struct{})
		go inDepth(3, func() { close(ready); <-never })
		<-ready
	})
	assert.Contains(t, f.Errors(), "TestAmongMany leaked: 1 goroutine\n")
	assert.Contains(t, f.Errors(), "leaktest_test.TestHugeDump.func1.1  leaktest/bigdump_test.go:")
	close(never)
	release()

	f, _ = faketb.Run("TestLeaksMany", func(f *faketb.TB) {
		leaktest.Check(f, leaktest.Settle(0), leaktest.Only(leaktest.KindGoroutine))
		release = gather()
	})
	assert.Contains(t, f.Errors(), "TestLeaksMany leaked: 7000 goroutines\n")
	assert.Less(t, len(f.Errors()), 10<<10)
	release()
}
