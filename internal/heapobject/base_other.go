//go:build go1.28

package heapobject

import (
	"runtime"
	"unsafe"
)

// Base can tell only what is not in the heap: no cleanup is ever attached to it.
func Base(p unsafe.Pointer) (base uintptr, known bool) {
	defer func() {
		if recover() != nil {
			base, known = 0, true
		}
	}()
	c := runtime.AddCleanup((*byte)(p), func(int) {}, 0)
	defer c.Stop()
	return 0, c == runtime.Cleanup{}
}

// Span is not known.
func Span(unsafe.Pointer) (base, span uintptr) { return 0, 0 }
