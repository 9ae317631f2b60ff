// Package around calls functions before and after another one that looks at its callers:
// where it can, they leave no frame on the stack.
package around

// Func returns a function that calls before, body and after. If body panics or ends its
// goroutine, after is not called. The argument and the function that is returned must be
// referred to from elsewhere for as long as the function runs.
func Func[T any](before, body, after func(*T)) func(*T) {
	if f := frameless(before, body, after); f != nil {
		return f
	}
	return framed(before, body, after)
}

// framed is Func with a frame. It is not inlined, so that the frame has its name on a stack:
// see names.CallsBody.
//
//go:noinline
func framed[T any](before, body, after func(*T)) func(*T) {
	return func(t *T) {
		before(t)
		body(t)
		after(t)
	}
}
