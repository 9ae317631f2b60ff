//go:build !386 && !amd64 && !arm64

package explore

import (
	"bytes"
	"runtime"
	"strconv"
)

// getg returns the running goroutine's number. It costs about a microsecond,
// and only while something is being explored.
//
//go:norace
func getg() uintptr {
	var buf [64]byte
	text, _ := bytes.CutPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	number, _, _ := bytes.Cut(text, []byte(" "))
	n, _ := strconv.ParseUint(string(number), 10, 64)
	return uintptr(n)
}
