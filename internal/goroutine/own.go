package goroutine

import "runtime"

// OwnLabel returns a pprof label of the calling goroutine. There is no other way
// to read it than from the goroutine's own stack text, which costs some
// microseconds.
func OwnLabel(key string) (value string, ok bool) {
	buffer.Lock() // GODEBUG is switched by one at a time
	defer buffer.Unlock()
	var text [1 << 10]byte
	n := 0
	withLabels(func() { n = runtime.Stack(text[:], false) })
	for r := range Records(text[:n]) {
		return r.Label(key)
	}
	return "", false
}
