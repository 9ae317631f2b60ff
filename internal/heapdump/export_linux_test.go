//go:build amd64 || arm64

package heapdump

import "syscall"

type Child = child

var (
	Try      = take
	Exit     = exit
	RawClone = rawClone
	Isolate  = (*child).isolate
)

func (c *child) Pollers() []int { return c.pollers }

// Replace replaces how to fork and what the child does, unless nil, until restore is called.
func Replace(fork func() (pid int, errno syscall.Errno), in func(*Child)) (restore func()) {
	taking.Lock()
	defer taking.Unlock()
	oldClone, oldInside := clone, inside
	if fork != nil {
		clone = fork
	}
	if in != nil {
		inside = in
	}
	return func() {
		taking.Lock()
		defer taking.Unlock()
		clone, inside = oldClone, oldInside
	}
}
