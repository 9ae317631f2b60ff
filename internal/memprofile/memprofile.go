// Package memprofile reads the runtime's profile of live allocations: the stack of each one that
// was made while every allocation was recorded.
package memprofile

import (
	"runtime"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/probe"
)

// OfRuntime reports whether a function belongs to the runtime.
func OfRuntime(function string) bool {
	return strings.HasPrefix(function, "runtime.") || strings.HasPrefix(function, "internal/runtime/")
}

// A Record holds what was allocated on one stack in one size.
type Record = runtime.MemProfileRecord

// MostFrames is how many calls of a stack a Record has.
const MostFrames = 32

// Read returns the profile as of the last collection that [runtime.GC] ran, if no other one
// followed. With gone it also has stacks of which nothing is live. It uses the memory of buf if
// that is enough.
func Read(buf []Record, gone bool) []Record {
	for {
		n, ok := runtime.MemProfile(buf[:cap(buf)], gone)
		if ok {
			return buf[:n]
		}
		buf = make([]Record, n+n/8+64) // new stacks may appear while reading
	}
}

// Frames returns the calls of a record's stack, innermost first. A deep stack has 32.
func Frames(stack []uintptr) []probe.Frame {
	frames := slices.Grow([]probe.Frame(nil), len(stack))
	for f := range goroutine.Calls(stack) {
		frames = append(frames, probe.Frame{Func: f.Function, File: f.File, Line: f.Line})
	}
	return frames
}
