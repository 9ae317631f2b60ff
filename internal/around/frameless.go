//go:build (amd64 || arm64) && !go1.28

package around

import "unsafe"

// entry is the address of code that runs a closure's three functions. It calls and is called as
// functions of Go are, up to the version that the build tag names. The runtime takes it for a
// wrapper, as the compiler makes them for methods, and leaves those out of stacks.
var entry uintptr

// A closure is what a value of type func refers to.
type closure[T any] struct {
	entry               uintptr
	before, body, after func(*T)
}

// frameless is Func without a frame. It is not inlined: the closure must be in the heap,
// as entry's frame does not tell that it refers to it.
//
//go:noinline
func frameless[T any](before, body, after func(*T)) func(*T) {
	c := &closure[T]{entry, before, body, after}
	return *(*func(*T))(unsafe.Pointer(&c))
}
