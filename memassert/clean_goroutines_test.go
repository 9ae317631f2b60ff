package memassert_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"
)

var cleanGoroutines = []cleanBody{
	{
		name: "goroutines waited for", why: "they are gone; what is left of them the runtime keeps to use again (golang/go#9869)",
		start: func(t *testing.T) func() {
			return func() {
				var all sync.WaitGroup
				for i := range 10 {
					all.Go(func() { _ = fmt.Sprint(i) })
				}
				all.Wait()
			}
		},
	},
	{
		name: "goroutine not waited for", why: "it ends at once",
		start: func(t *testing.T) func() {
			return func() {
				text := fmt.Sprint(t)
				go func() { _ = text + "x" }()
			}
		},
	},
	{
		name: "goroutine that ends later", why: "it ends within three milliseconds, which is after a round but soon",
		start: func(t *testing.T) func() {
			return func() {
				buf := make([]byte, 100)
				go func() {
					<-time.After(3 * time.Millisecond)
					buf[0]++
				}()
			}
		},
	},
	{
		name: "cancelled goroutine", why: "it is told to end and not waited for",
		start: func(t *testing.T) func() {
			return func() {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				ready := make(chan struct{})
				go func() {
					close(ready)
					<-ctx.Done()
				}()
				<-ready
			}
		},
	},
	{
		name: "pipeline", why: "each stage ends when the one before it has closed its channel",
		start: func(t *testing.T) func() {
			return func() {
				numbers := generate(20)
				squares := each(numbers, func(n int) int { return n * n })
				texts := each(squares, func(n int) string { return fmt.Sprint(n) })
				for text := range texts {
					_ = text
				}
			}
		},
	},
	{
		name: "workers", why: "they live as long as the body, and what they work on goes",
		start: func(t *testing.T) func() {
			work := make(chan func())
			var workers sync.WaitGroup
			for range 4 {
				workers.Go(func() {
					for f := range work {
						f()
					}
				})
			}
			t.Cleanup(func() { close(work); workers.Wait() })
			return func() {
				var done sync.WaitGroup
				for i := range 16 {
					done.Add(1)
					work <- func() { defer done.Done(); _ = fmt.Sprint(i) }
				}
				done.Wait()
			}
		},
	},
}

func generate(n int) <-chan int {
	out := make(chan int)
	go func() {
		defer close(out)
		for i := range n {
			out <- i
		}
	}()
	return out
}

func each[T, U any](in <-chan T, f func(T) U) <-chan U {
	out := make(chan U)
	go func() {
		defer close(out)
		for v := range in {
			out <- f(v)
		}
	}()
	return out
}
