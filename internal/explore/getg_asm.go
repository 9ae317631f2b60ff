//go:build 386 || amd64 || arm64

package explore

// getg returns the address of the running goroutine's descriptor. The runtime
// never moves a descriptor and gives it to another goroutine only after the
// first has ended, so it identifies a live goroutine.
func getg() uintptr
