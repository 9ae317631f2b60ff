// Package suite is a test binary for the tests of leaktest.Main: which of its
// tests fail, and with what words, is the test.
package suite

import (
	"fmt"
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest"
)

func TestMain(m *testing.M) { leaktest.Main(m, leaktest.Settle(100*time.Millisecond)) }

// never is reachable and nobody closes it.
var never = make(chan struct{})

// leave starts a goroutine that stays, and waits until it runs.
func leave() {
	ready := make(chan struct{})
	go func() { close(ready); <-never }()
	<-ready
}

func TestClean(t *testing.T) {
	done := make(chan struct{})
	go close(done)
	<-done
}

func TestLeaks(t *testing.T) { leave() }

func TestSubtests(t *testing.T) {
	t.Run("clean", func(t *testing.T) {})
	t.Run("leaks", func(t *testing.T) { leave() })
}

func TestParallelSubtests(t *testing.T) {
	for i := range 4 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			if i == 2 {
				leave()
			}
		})
	}
}

func TestChecksItself(t *testing.T) {
	leaktest.Check(t, leaktest.IgnoreFunc("github.com/leakassert/leakassert/leaktest/testdata/suite.leave..."))
	leave()
}

func TestChecksItselfAndLeaks(t *testing.T) {
	leaktest.Check(t)
	leave()
}

func TestChecksTwice(t *testing.T) {
	leaktest.Check(t)
	leaktest.Check(t)
}

func TestFailsAnyway(t *testing.T) {
	leave()
	t.Error("for a reason of its own")
}

func TestSkips(t *testing.T) {
	leave()
	t.Skip("this test skips itself: what it has left behind is nobody's")
}

func TestCleanupLeaks(t *testing.T) {
	t.Cleanup(leave)
}

func TestTimerLeaks(t *testing.T) {
	ready := make(chan struct{})
	time.AfterFunc(0, func() { close(ready); <-never })
	<-ready
}

func TestArmsTimer(t *testing.T) {
	time.AfterFunc(50*time.Millisecond, func() { <-never })
}

func TestHearsTimerOfAnother(t *testing.T) {
	time.Sleep(100 * time.Millisecond)
}

func TestNoLeakInside(t *testing.T) {
	leaktest.NoLeak(t, func() { leave() })
}

func TestCleanNoLeakInside(t *testing.T) {
	leaktest.NoLeak(t, func() {})
	leave()
}

func BenchmarkLeaks(b *testing.B) {
	for b.Loop() {
	}
	leave()
}

func Example_leaks() {
	leave()
	fmt.Println("done")
	// Output: done
}

func FuzzLeaks(f *testing.F) {
	f.Add(1)
	f.Fuzz(func(t *testing.T, n int) { leave() })
}

func FuzzClean(f *testing.F) {
	f.Add(1)
	f.Fuzz(func(t *testing.T, n int) {
		leaktest.Check(t)
		done := make(chan struct{})
		go close(done)
		<-done
	})
}
