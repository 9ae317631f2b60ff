//go:build !go1.28

package goroutine

import "unsafe"

// readProfile is the function behind runtime/pprof's goroutine profile. The runtime lists the
// stacks in its order of goroutines, which is also the order of runtime.Stack.
//
//go:linkname readProfile runtime.pprof_goroutineProfileWithLabels
func readProfile(stacks [][]uintptr, labels []unsafe.Pointer) (n int, ok bool)

// ownLabels returns the labels of the calling goroutine. The runtime keeps its signature for those
// who link to it: see https://go.dev/issue/67401.
//
//go:linkname ownLabels runtime/pprof.runtime_getProfLabel
func ownLabels() unsafe.Pointer

// setLabels gives the calling goroutine labels. Its signature is kept, too.
//
//go:linkname setLabels runtime/pprof.runtime_setProfLabel
func setLabels(labels unsafe.Pointer)

// linked says that these functions can be called. An unknown Go version uses profile_other.go.
const linked = true
