package explore_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/explore"
	"github.com/leakassert/leakassert/internal/explore/op"
	"github.com/leakassert/leakassert/internal/explore/rewritten"
)

// TestEnds holds what a task can do to the goroutine that it runs on.
func TestEnds(t *testing.T) {
	var v atomic.Int64
	tasks := map[string]func(){
		"panic":  func() { panic(errors.New("boom")) },
		"Goexit": runtime.Goexit,
		"panic in a deferred call of Goexit": func() {
			defer func() { panic("late") }()
			runtime.Goexit()
		},
		"Goexit in a deferred call of a panic": func() {
			defer runtime.Goexit()
			panic("early")
		},
		"panic past a point": func() {
			defer rewritten.Points(&v, 2)
			panic("boom")
		},
		"recovered": func() {
			defer func() { _ = recover() }()
			panic("caught")
		},
	}
	want := map[string]string{
		"panic":                              "task 0 panicked: boom",
		"panic past a point":                 "task 0 panicked: boom",
		"panic in a deferred call of Goexit": "task 0 panicked: late",
	}
	for name, task := range tasks {
		c := explore.Config{New: func() explore.Program {
			return explore.Program{
				Tasks: []func(){func() {
					rewritten.Point(&v)
					task()
				}, func() { rewritten.Points(&v, 3) }},
			}
		}}
		goexits := 0
		c.Judge = func(x *explore.Execution) string {
			goexits += len(x.Goexits)
			return ""
		}
		r, err := explore.Explore(c)
		message := ""
		if r.Fault != nil {
			message = r.Fault.Message
		}
		if err != nil || message != want[name] {
			t.Errorf("%s: %q, %v; want %q", name, message, err, want[name])
		}
		if p := r.Fault; p != nil && !strings.Contains(p.Execution.Panic.Stack, "TestEnds") {
			t.Errorf("%s: the stack does not show the task:\n%s", name, p.Execution.Panic.Stack)
		}
		if exits := strings.HasPrefix(name, "Goexit"); exits != (goexits > 0) {
			t.Errorf("%s: %d times a task was ended by Goexit", name, goexits)
		}
	}
}

// TestCallersPanic holds that a panic outside the tasks is an error.
func TestCallersPanic(t *testing.T) {
	for name, f := range map[string]func(){"panic": func() { panic("boom") }, "Goexit": runtime.Goexit} {
		_, err := explore.Explore(explore.Config{New: func() explore.Program {
			f()
			return explore.Program{}
		}})
		if err == nil || !strings.Contains(err.Error(), "Config.New or Judge") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestStuck holds that a task that waits for real ends the exploration, not the process.
func TestStuck(t *testing.T) {
	var v atomic.Int64
	first := make(chan int)
	c := explore.Config{Stuck: 200 * time.Millisecond, New: func() explore.Program {
		return explore.Program{Tasks: []func(){func() {
			explore.Begin(5)
			rewritten.Point(&v)
			waitHere(first)
			rewritten.Points(&v, 10)
		}, func() { rewritten.Points(&v, 3) }}}
	}}
	_, err := explore.Explore(c)
	var stuck *explore.Stuck
	if !errors.As(err, &stuck) {
		t.Fatal(err)
	}
	if stuck.Task != 0 || stuck.Mark != 5 || op.Of(stuck.Code) != op.Load || !strings.Contains(stuck.Stack, "waitHere") {
		t.Errorf("%+v", stuck)
	}
	// The stack is that of the task that is stuck now.
	forever := make(chan int)
	defer close(forever)
	c.Stuck = 50 * time.Millisecond
	c.New = func() explore.Program {
		return explore.Program{Setup: func() { rewritten.Point(&v); waitThere(forever) }}
	}
	if _, err := explore.Explore(c); !errors.As(err, &stuck) || stuck.Task != -1 || !strings.Contains(stuck.Stack, "waitThere") {
		t.Error(err)
	}
	c.Judge = func(*explore.Execution) string {
		waitThere(forever)
		return ""
	}
	c.New = func() explore.Program { return explore.Program{Setup: func() { rewritten.Point(&v) }} }
	if _, err := explore.Explore(c); !errors.As(err, &stuck) || !stuck.Outside {
		t.Error(err)
	}
	// The task goes on as a goroutine like any other while something else is explored.
	close(first)
	mustHold(t, pair(rewritten.Pairs[0], false))
}

//go:noinline
func waitHere(c chan int) { <-c }

//go:noinline
func waitThere(c chan int) { <-c }

// TestForeign holds that what a goroutine outside gives is not taken for a
// deadlock, and that such goroutines pass points by.
func TestForeign(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var v atomic.Int64
	ended := make(chan bool)
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			rewritten.Points(&v, 100)
			runtime.Gosched()
		}
	}()
	c := config(func() rewritten.Program {
		given := make(chan int)
		return rewritten.Program{
			Setup: func() { go func() { given <- 1 }() }, // a go statement that is not rewritten
			Tasks: []func(){
				func() {
					if rewritten.Receive(given) != 1 {
						panic("received something else")
					}
				},
				func() { rewritten.Points(&v, 3) },
			},
		}
	})
	c.Schedules = 50
	if r, err := explore.Explore(c); err != nil || r.Fault != nil {
		t.Error(r.Summary(), err)
	}
	cancel()
	<-ended
}

// TestOutside holds that the helpers are what they stand for where nothing is explored.
func TestOutside(t *testing.T) {
	for _, p := range rewritten.Pairs {
		done := make(chan string, 1)
		go func() {
			p := p.Make(false)
			if p.Setup != nil {
				p.Setup()
			}
			ends := make(chan bool)
			for _, task := range p.Tasks {
				go func() {
					task()
					ends <- true
				}()
			}
			for range p.Tasks {
				<-ends
			}
			said := ""
			if p.After != nil {
				said = p.After()
			}
			done <- said
		}()
		if said := <-done; said != "" {
			t.Errorf("%s: %s", p.Name, said)
		}
	}
}

// TestGoroutines holds that an exploration leaves no goroutine of its own.
func TestGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, f := range []func() rewritten.Program{rewritten.Janitor, rewritten.Holding, rewritten.Livelock, rewritten.NilChannel} {
		if _, err := explore.Explore(config(f)); err != nil {
			t.Error(err)
		}
	}
	for after := runtime.NumGoroutine(); after > before; after = runtime.NumGoroutine() {
		// Workers that were told to end do so in their own time; the test's timeout is the limit.
		runtime.Gosched()
	}
}
