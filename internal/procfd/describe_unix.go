//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package procfd

import (
	"cmp"
	"io/fs"
	"slices"
	"strings"

	"golang.org/x/sys/unix"
)

func (d *FD) describe() {
	var st unix.Stat_t
	switch err := unix.Fstat(d.Num, &st); err {
	case nil:
		if new(stat).id(d.Num, &d.Of); d.Of == (ID{}) {
			d.Of = idOf(&st)
		}
	case unix.EBADF:
		d.Kind = KindClosed
		return
	default:
		d.missing("type", err)
	}
	d.Kind = cmp.Or(fileTypes[uint32(st.Mode)&unix.S_IFMT].kind, KindUnknown)
	if flags, err := unix.FcntlInt(uintptr(d.Num), unix.F_GETFL, 0); err != nil {
		d.missing("flags", err)
	} else {
		d.Flags = flagNames(flags)
	}
	d.describeName(&st)
	switch d.Kind {
	case KindFile, KindDirectory, KindSymlink, KindDevice:
		d.Mode = fileMode(uint32(st.Mode))
	case KindPipe:
		if strings.HasPrefix(d.Path, "/") {
			d.Mode = fileMode(uint32(st.Mode))
		}
		d.describeEnd()
	case KindSocket:
		d.describeSocket()
	default:
		d.describeAnonymous()
	}
}

// fileTypes maps the type of a file to its kind and to Go's mode.
var fileTypes = map[uint32]struct {
	kind Kind
	mode fs.FileMode
}{
	unix.S_IFREG:  {KindFile, 0},
	unix.S_IFDIR:  {KindDirectory, fs.ModeDir},
	unix.S_IFLNK:  {KindSymlink, fs.ModeSymlink},
	unix.S_IFCHR:  {KindDevice, fs.ModeDevice | fs.ModeCharDevice},
	unix.S_IFBLK:  {KindDevice, fs.ModeDevice},
	unix.S_IFIFO:  {KindPipe, fs.ModeNamedPipe},
	unix.S_IFSOCK: {KindSocket, fs.ModeSocket},
}

// fileMode converts the operating system's mode to Go's.
func fileMode(mode uint32) fs.FileMode {
	m := fs.FileMode(mode&0o777) | fileTypes[mode&unix.S_IFMT].mode
	for bit, is := range map[uint32]fs.FileMode{unix.S_ISUID: fs.ModeSetuid, unix.S_ISGID: fs.ModeSetgid, unix.S_ISVTX: fs.ModeSticky} {
		if mode&bit != 0 {
			m |= is
		}
	}
	return m
}

// A flag is a status flag. A flag that contains another one's bits comes first.
type flag struct {
	bits int
	name string
}

var commonFlags = []flag{
	{unix.O_APPEND, "O_APPEND"},
	{unix.O_NONBLOCK, "O_NONBLOCK"},
	{unix.O_SYNC, "O_SYNC"},
	{unix.O_ASYNC, "O_ASYNC"},
}

func flagNames(flags int) string {
	names := "O_RDONLY"
	switch flags & unix.O_ACCMODE {
	case unix.O_WRONLY:
		names = "O_WRONLY"
	case unix.O_RDWR:
		names = "O_RDWR"
	}
	for _, f := range slices.Concat(commonFlags, moreFlags) {
		if flags&f.bits == f.bits {
			names += "|" + f.name
			flags &^= f.bits
		}
	}
	return names
}
