package memassert_test

import (
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"unique"
	"weak"
)

// A link has a finalizer and keeps the next one, whose own finalizer can only run
// in a later cycle.
type link struct {
	next *link
	data [100]byte
}

var finalized atomic.Int64

var cleanCollected = []cleanBody{
	{
		name: "finalizer", why: "the object goes one cycle after its finalizer has run",
		start: func(t *testing.T) func() {
			return func() { runtime.SetFinalizer(&link{}, (*link).finalize) }
		},
	},
	{
		name: "chain of finalizers", why: "of five objects each collection releases one",
		start: func(t *testing.T) func() {
			return func() {
				var first *link
				for range 5 {
					first = &link{next: first}
					runtime.SetFinalizer(first, (*link).finalize)
				}
			}
		},
	},
	{
		name: "finalizer that sets itself again", why: "the second time is the last one",
		start: func(t *testing.T) func() {
			return func() {
				runtime.SetFinalizer(&link{}, func(l *link) { runtime.SetFinalizer(l, (*link).finalize) })
			}
		},
	},
	{
		name: "runtime.AddCleanup", why: "the argument is not the object, which goes",
		start: func(t *testing.T) func() {
			return func() {
				l := &link{}
				runtime.AddCleanup(l, func(data *[100]byte) { finalized.Add(int64(data[0])) }, new([100]byte))
			}
		},
	},
	{
		name: "weak pointer", why: "it does not keep what it points at",
		start: func(t *testing.T) func() {
			var last weak.Pointer[link]
			return func() {
				if l := last.Value(); l != nil {
					l.data[0]++
				}
				last = weak.Make(&link{})
			}
		},
	},
	{
		name: "unique.Make", why: "a value that no handle refers to goes, its entry in the table a little later",
		start: func(t *testing.T) func() {
			n := 0
			return func() {
				n++
				_ = unique.Make("user " + strconv.Itoa(n)).Value()
			}
		},
	},
	{
		name: "runtime.GC", why: "a body may collect garbage itself",
		start: func(t *testing.T) func() {
			return func() {
				_ = make([]byte, 1<<16)
				runtime.GC()
			}
		},
	},
}

func (l *link) finalize() { finalized.Add(1) }
