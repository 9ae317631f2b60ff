// Package memprofile reads the runtime's profile of live allocations: the stack
// of each one that was made while every allocation is recorded.
package memprofile

import (
	"runtime"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/probe"
)

var rate struct {
	sync.Mutex
	wanted int // by how many
	before int
}

// Every has every allocation recorded until stop is called. The rate belongs to
// the process, and is what it was when the last one stops. An allocation then
// takes some microseconds instead of a tenth of one.
func Every() (stop func()) {
	rate.Lock()
	defer rate.Unlock()
	if rate.wanted++; rate.wanted == 1 {
		rate.before = setRate(1)
	}
	return sync.OnceFunc(func() {
		rate.Lock()
		defer rate.Unlock()
		if rate.wanted--; rate.wanted == 0 {
			setRate(rate.before)
		}
	})
}

// setRate is not seen by the race detector: the runtime and runtime/pprof read the
// rate at any time, without a lock.
//
//go:norace
func setRate(n int) (before int) {
	before, runtime.MemProfileRate = runtime.MemProfileRate, n
	return before
}

// Rate is what of allocations is recorded now: 1 while every one is to be, unless
// somebody has changed it.
//
//go:norace
func Rate() int { return runtime.MemProfileRate }

// OfRuntime reports whether a function is the runtime's.
func OfRuntime(function string) bool {
	return strings.HasPrefix(function, "runtime.") || strings.HasPrefix(function, "internal/runtime/")
}

// A Record is what was allocated on one stack in one size.
type Record = runtime.MemProfileRecord

// Read returns the profile as of the last garbage collection that was asked for
// with [runtime.GC] and not followed by another. With gone it also has stacks of
// which nothing is live. The memory of buf is used if it is enough.
func Read(buf []Record, gone bool) []Record {
	for {
		n, ok := runtime.MemProfile(buf[:cap(buf)], gone)
		if ok {
			return buf[:n]
		}
		buf = make([]Record, n+n/8+64) // reading may meet stacks that are new
	}
}

// Frames are the calls of a record's stack, innermost first; of a deep one the
// innermost 32.
func Frames(stack []uintptr) (frames []probe.Frame) {
	if len(stack) == 0 {
		return nil
	}
	calls := runtime.CallersFrames(stack)
	for {
		f, more := calls.Next()
		if f.Function != "" {
			frames = append(frames, probe.Frame{Func: f.Function, File: f.File, Line: f.Line})
		}
		if !more {
			return frames
		}
	}
}
