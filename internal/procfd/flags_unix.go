//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package procfd

import "golang.org/x/sys/unix"

// flag is a status flag. Those that contain another's bits come first.
type flag struct {
	bits int
	name string
}

func (d *FD) describeFlags() {
	flags, err := unix.FcntlInt(uintptr(d.Num), unix.F_GETFL, 0)
	if err != nil {
		d.missing("flags", err)
		return
	}
	d.Flags = flagNames(flags)
}

func flagNames(flags int) string {
	names := "O_RDONLY"
	switch flags & unix.O_ACCMODE {
	case unix.O_WRONLY:
		names = "O_WRONLY"
	case unix.O_RDWR:
		names = "O_RDWR"
	}
	for _, f := range append(commonFlags[:len(commonFlags):len(commonFlags)], moreFlags...) {
		if flags&f.bits == f.bits {
			names += "|" + f.name
			flags &^= f.bits
		}
	}
	return names
}

var commonFlags = []flag{
	{unix.O_APPEND, "O_APPEND"},
	{unix.O_NONBLOCK, "O_NONBLOCK"},
	{unix.O_SYNC, "O_SYNC"},
	{unix.O_ASYNC, "O_ASYNC"},
}
