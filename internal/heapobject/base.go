//go:build go1.26 && !go1.28

// Package heapobject finds objects in the heap by their addresses.
package heapobject

import "unsafe"

// findObject is the runtime's: the address at which the heap object begins that p points into, 0 if
// it does not. The runtime promises its signature to those who link to it, see
// https://go.dev/issue/67401; a Go that is not known yet has base_other.go.
//
//go:linkname findObject runtime.findObject
//go:noescape
func findObject(p, refBase, refOff uintptr) (base uintptr, span unsafe.Pointer, index uintptr)

// Base is where the heap object begins that p points into; 0 if it does not.
func Base(p unsafe.Pointer) (base uintptr, known bool) {
	base, _, _ = findObject(uintptr(p), 0, 0)
	return base, true
}

// Span returns the beginning of the heap object that p points into, and the address
// of the runtime's record of the span that has it; 0 if there is none.
func Span(p unsafe.Pointer) (base, span uintptr) {
	base, s, _ := findObject(uintptr(p), 0, 0)
	return base, uintptr(s)
}
