package poolprobe

import "io"

const Warn = warn

// SetStderr has what is told on standard error written to w.
func SetStderr(w io.Writer) (restore func()) {
	before := stderr
	stderr = w
	return func() { stderr = before }
}
