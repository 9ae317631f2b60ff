// Package aside calls functions of users, which may block, panic or end their
// goroutine, so that a check survives it.
package aside

import (
	"context"
	"errors"
	"fmt"
	"runtime/pprof"
	"time"

	"github.com/leakassert/leakassert/internal/probe"
)

// Patience is how long a function of a user may take.
const Patience = 2 * time.Second

var (
	// ErrLate says that a function has not returned in time. It is still running.
	ErrLate = fmt.Errorf("no answer for %v: does it wait for a lock?", Patience)
	// ErrGone says that a function has ended its goroutine.
	ErrGone = errors.New("it has ended its goroutine, as FailNow, SkipNow and runtime.Goexit do")
)

// A call is a function, and where its fate is sent.
type call struct {
	f    func()
	done chan error
}

// idleWorkers is where a goroutine that has done a call waits for the next one, for
// as long as linger: starting one costs more, and makes checks of goroutines look.
var idleWorkers = make(chan call)

const linger = 100 * time.Millisecond

// Call calls f on another goroutine and waits for it to return. The error says that f
// has panicked, has ended its goroutine, or has not returned for [Patience].
func Call(f func()) error {
	c := call{f, make(chan error, 1)}
	if probe.InBubble() { // whose goroutines end with it
		go run(c)
	} else {
		select {
		case idleWorkers <- c:
		default:
			go work(c)
		}
	}
	timer := time.NewTimer(Patience)
	defer timer.Stop()
	select {
	case err := <-c.done:
		return err
	case <-timer.C:
		return ErrLate
	}
}

// Get calls f as [Call] does and returns its answer.
func Get[T any](f func() T) (T, error) {
	got := make(chan T, 1)
	if err := Call(func() { got <- f() }); err != nil {
		return *new(T), err
	}
	return <-got, nil
}

// work is known by its name to the probe of goroutines: it is no test's.
func work(c call) {
	pprof.SetGoroutineLabels(context.Background())
	run(c)
	timer := time.NewTimer(linger)
	defer timer.Stop()
	for {
		select {
		case c = <-idleWorkers:
			run(c)
			timer.Reset(linger)
		case <-timer.C:
			return
		}
	}
}

func run(c call) {
	err := ErrGone
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
		c.done <- err
	}()
	c.f()
	err = nil
}
