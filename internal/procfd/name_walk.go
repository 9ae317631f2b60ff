//go:build dragonfly || freebsd || netbsd || openbsd

package procfd

import "golang.org/x/sys/unix"

// describeName does nothing: these systems name a descriptor's file only to
// those who go through all descriptors of the process, each in a way of its own.
func (d *FD) describeName(*unix.Stat_t) {}
