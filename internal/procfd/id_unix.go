//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package procfd

import "golang.org/x/sys/unix"

// idOf converts from the types of this platform, of which no two agree.
func idOf(st *unix.Stat_t) ID {
	return ID{
		Dev:  uint64(st.Dev),
		Ino:  uint64(st.Ino),
		Rdev: uint64(st.Rdev),
		Mode: uint32(st.Mode) & unix.S_IFMT,
	}
}
