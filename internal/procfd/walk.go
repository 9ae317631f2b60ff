//go:build dragonfly || freebsd || netbsd || openbsd

package procfd

import (
	"runtime"

	"golang.org/x/sys/unix"
)

const Limits = runtime.GOOS + ": descriptors behind a gap of 1024 unused numbers are not seen, " +
	"sockets are told apart by number only, and files have no paths"

func (t *Table) read(bool) error {
	t.walkAll() // /dev/fd lists all descriptors only if fdescfs is mounted
	return nil
}

// describeName does nothing: each of these systems names files in its own way, and only for all
// descriptors at once.
func (d *FD) describeName(*unix.Stat_t) {}
