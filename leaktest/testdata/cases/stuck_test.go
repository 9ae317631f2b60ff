package cases

import (
	"runtime"
	"testing"

	"github.com/leakassert/leakassert/leaktest"
)

// These tests block the goroutines that the runtime has for finalizers and cleanups. The first one
// makes the runtime start both goroutines, so none of the others adds one.

func TestStuck1Warm(t *testing.T) {
	stuck(t, "")
	ends := func(done chan<- bool) { done <- true }
	for range 2 {
		collectsCleanup(t, ends)
		collectsFinalizer(t, ends)
	}
}

func TestStuck2Cleanup(t *testing.T) {
	stuck(t, "unchecked")
	collectsCleanup(t, hangs)
}

// TestStuck3Idle starts a goroutine, so that its check takes a look.
func TestStuck3Idle(t *testing.T) { looks(t) }

func TestStuck4Finalizer(t *testing.T) {
	stuck(t, "unchecked")
	collectsFinalizer(t, hangs)
}

func TestStuck5Idle(t *testing.T) { looks(t) }
func TestStuck6Idle(t *testing.T) { stuck(t, "") }

func hangs(done chan<- bool) {
	done <- true
	select {}
}

func looks(t *testing.T) {
	stuck(t, "")
	done := make(chan bool)
	go close(done)
	<-done
}

type big [64]byte

func collectsCleanup(t *testing.T, f func(chan<- bool)) {
	done := make(chan bool)
	runtime.AddCleanup(new(big), f, (chan<- bool)(done))
	runtime.GC()
	<-done
}

func collectsFinalizer(t *testing.T, f func(chan<- bool)) {
	done := make(chan bool)
	runtime.SetFinalizer(new(big), func(*big) { f(done) })
	runtime.GC()
	<-done
}

// stuck gives the test a check if there is none of Main, unless CASE has the word.
func stuck(t *testing.T, word string) {
	if !on("stuck") {
		t.Skip("CASE has no stuck")
	}
	if on("plain") && !on(word) {
		leaktest.Check(t, soon)
	}
}
