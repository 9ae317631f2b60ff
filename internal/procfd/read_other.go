//go:build !darwin && !dragonfly && !freebsd && !linux && !netbsd && !openbsd && !windows

package procfd

import (
	"errors"
	"runtime"
)

const limits = runtime.GOOS + ": descriptors cannot be seen"

func (t *Table) read() error {
	return errors.New("procfd: descriptors cannot be listed on " + runtime.GOOS)
}

func count() (n int, ok bool) { return 0, false }
