package memassert_test

import (
	"context"
	"database/sql"
	"runtime"
	"sync"
	"testing"
	"time"
	"unsafe"
)

// What these bodies leave behind, the runtime or a library keeps for them.
var leakingRuntime = []leakingBody{
	{
		name: "context.WithCancel", why: "one that is never cancelled stays with its parent",
		site: []string{"memassert_test.leakContext", "context.WithCancel"},
		start: func(t *testing.T) func() {
			parent, cancel := context.WithCancel(t.Context())
			t.Cleanup(cancel)
			return func() { leakContext(parent) }
		},
	},
	{
		name: "context.WithValue", why: "each call puts one around the one before",
		site: []string{"memassert_test.leakValue", "context.WithValue"},
		start: func(t *testing.T) func() {
			ctx := t.Context()
			return func() { leakValue(&ctx) }
		},
	},
	{
		name: "time.AfterFunc", why: "it is pending for an hour and nobody stops it",
		site: []string{"memassert_test.leakTimer", "time.AfterFunc"},
		start: func(t *testing.T) func() {
			timers := newAside[uintptr]()
			t.Cleanup(func() {
				for _, p := range timers.all {
					// It is there, as it is pending.
					(*(**time.Timer)(unsafe.Pointer(&p))).Stop()
				}
			})
			return func() { timers.put(uintptr(unsafe.Pointer(leakTimer()))) }
		},
	},
	{
		name: "finalizer that keeps its object", why: "the object is back in a variable of the program",
		site: []string{"memassert_test.leakFinalized"},
		start: func(t *testing.T) func() {
			forgetKept(t)
			return leakFinalized
		},
	},
	{
		name: "runtime.AddCleanup", why: "its argument reaches the object, which therefore stays",
		site: []string{"memassert_test.leakCleanedUp"},
		start: func(t *testing.T) func() {
			cleanups := newAside[runtime.Cleanup]()
			t.Cleanup(func() {
				for _, c := range cleanups.all {
					c.Stop()
				}
			})
			return func() { cleanups.put(leakCleanedUp()) }
		},
	},
	{
		name: "goroutine", why: "it waits for a channel that nobody closes",
		site: []string{"memassert_test.leakGoroutine"},
		start: func(t *testing.T) func() {
			stop := make(chan struct{})
			var running sync.WaitGroup
			t.Cleanup(func() { close(stop); running.Wait() })
			return func() { leakGoroutine(&running, stop) }
		},
	},
	{
		name: "sql rows", why: "rows that are not closed keep their connection from the pool, which opens another one",
		site: []string{"memassert_test.leakRows", "memassert/sqldriver_test.go:"},
		start: func(t *testing.T) func() {
			db := openDB(t)
			all := newAside[*sql.Rows]()
			t.Cleanup(func() {
				for _, rows := range all.all {
					rows.Close()
				}
			})
			return func() { all.put(leakRows(db)) }
		},
	},
}

func leakContext(parent context.Context) { forget(context.WithCancel(parent)) }

func leakValue(ctx *context.Context) { *ctx = context.WithValue(*ctx, ctxKey{}, *ctx) }

func leakTimer() *time.Timer { return time.AfterFunc(time.Hour, func() {}) }

func leakFinalized() {
	runtime.SetFinalizer(&link{}, func(l *link) {
		kept.mu.Lock()
		defer kept.mu.Unlock()
		kept.pointers = append(kept.pointers, l)
	})
}

func leakCleanedUp() runtime.Cleanup {
	l := &link{next: &link{}}
	l.next.next = l
	return runtime.AddCleanup(l, func(l *link) { l.finalize() }, l.next)
}

// leakGoroutine starts one that holds an object: by itself a goroutine may be one
// that was there before, with nothing new in the heap.
func leakGoroutine(running *sync.WaitGroup, stop <-chan struct{}) {
	l := &link{}
	running.Go(func() { <-stop; l.finalize() })
}

func leakRows(db *sql.DB) *sql.Rows {
	rows, err := db.Query("select id, name from orders")
	must(err)
	must(rows.Err())
	return rows
}

// An aside has what a test needs to release in the end what its body leaks. Its
// memory is there from the start, so that it is not itself what grows.
type aside[T any] struct{ all []T }

func newAside[T any]() *aside[T] { return &aside[T]{make([]T, 0, 1<<19)} }

func (a *aside[T]) put(v T) {
	if len(a.all) == cap(a.all) {
		panic("more leaks than there is room for")
	}
	a.all = append(a.all, v)
}
