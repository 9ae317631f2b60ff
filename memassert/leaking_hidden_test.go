package memassert_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/memassert"
)

// These bodies do much beside what they leak.
var leakingHidden = []leakingBody{
	{
		name: "under an lru", why: "the cache turns over at the same time, whose objects come and go",
		site: []string{"memassert_test.keepPointer"},
		start: func(t *testing.T) func() {
			forgetKept(t)
			c := newLRU(1000)
			n := 0
			return func() {
				n++
				c.put(fmt.Sprint("key ", n), n)
				keepPointer()
			}
		},
	},
	{
		name: "under a full lru", why: "the cache is full from the start",
		site: []string{"memassert_test.keepPointer"},
		start: func(t *testing.T) func() {
			forgetKept(t)
			c := newLRU(1000)
			n := 0
			put := func() {
				n++
				c.put(fmt.Sprint("key ", n), n)
			}
			for range 1000 {
				put()
			}
			return func() {
				put()
				keepPointer()
			}
		},
	},
	{
		name: "beside goroutines", why: "their remains are more than what leaks, and the runtime's",
		site: []string{"memassert_test.keepPointer"},
		start: func(t *testing.T) func() {
			forgetKept(t)
			return func() {
				var all sync.WaitGroup
				for i := range 10 {
					all.Go(func() { _ = fmt.Sprint(i) })
				}
				keepPointer()
				all.Wait()
			}
		},
	},
	{
		name: "in a goroutine", why: "it is not the body's own goroutine that allocates",
		site: []string{"memassert_test.keepPointer"},
		start: func(t *testing.T) func() {
			forgetKept(t)
			return func() {
				done := make(chan struct{})
				go func() {
					defer close(done)
					keepPointer()
				}()
				<-done
			}
		},
	},
	{
		name: "slowly", why: "a call takes two milliseconds, and there are few of them", few: true,
		site: []string{"memassert_test.keepPointer"},
		opts: []memassert.Option{memassert.Budget(250 * time.Millisecond)},
		start: func(t *testing.T) func() {
			forgetKept(t)
			return func() {
				<-time.After(2 * time.Millisecond)
				keepPointer()
			}
		},
	},
	{
		name: "under garbage", why: "a call makes a MiB of it",
		site: []string{"memassert_test.keepPointer"},
		start: func(t *testing.T) func() {
			forgetKept(t)
			return func() {
				for range 16 {
					garbage = make([]byte, 1<<16)
				}
				keepPointer()
			}
		},
	},
	{
		name: "beside growth", why: "a goroutine that is not the body's keeps more all the time, but so does the body",
		site: []string{"memassert_test.keepPointer"},
		start: func(t *testing.T) func() {
			forgetKept(t)
			var others [][]byte
			background(t, time.Millisecond, func() { others = append(others, make([]byte, 1024)) })
			return func() {
				marshal()
				keepPointer()
			}
		},
	},
	{
		name: "every other time", why: "an object of 128 bytes in one of two calls is half an object and 64 bytes each",
		site: []string{"memassert_test.keepPointer"},
		start: func(t *testing.T) func() {
			forgetKept(t)
			n := 0
			return func() {
				if n++; n%2 == 0 {
					keepPointer()
				}
			}
		},
	},
}

var garbage []byte
