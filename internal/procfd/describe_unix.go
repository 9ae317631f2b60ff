//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package procfd

import (
	"io/fs"

	"golang.org/x/sys/unix"
)

func (d *FD) describe() {
	var st unix.Stat_t
	switch err := unix.Fstat(d.Num, &st); err {
	case nil:
		d.Of = idOf(&st)
	case unix.EBADF:
		d.Kind = KindClosed
		return
	default:
		d.missing("type", err)
	}
	d.Kind = kindOf(d.Of.Mode)
	d.describeFlags()
	d.describeName(&st)
	switch d.Kind {
	case KindFile, KindDirectory, KindSymlink, KindDevice:
		d.Mode = fileMode(uint32(st.Mode))
	case KindPipe:
		if d.Path != "" && d.Path[0] == '/' {
			d.Mode = fileMode(uint32(st.Mode))
		}
		d.describePipe()
	case KindSocket:
		d.describeSocket()
	default:
		d.describeAnonymous()
	}
}

// kindOf is what the type of file alone tells.
func kindOf(mode uint32) Kind {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return KindFile
	case unix.S_IFDIR:
		return KindDirectory
	case unix.S_IFLNK:
		return KindSymlink
	case unix.S_IFCHR, unix.S_IFBLK:
		return KindDevice
	case unix.S_IFIFO:
		return KindPipe
	case unix.S_IFSOCK:
		return KindSocket
	}
	return KindUnknown
}

// fileMode turns the operating system's mode into Go's.
func fileMode(mode uint32) fs.FileMode {
	m := fs.FileMode(mode & 0o777)
	switch mode & unix.S_IFMT {
	case unix.S_IFDIR:
		m |= fs.ModeDir
	case unix.S_IFLNK:
		m |= fs.ModeSymlink
	case unix.S_IFCHR:
		m |= fs.ModeDevice | fs.ModeCharDevice
	case unix.S_IFBLK:
		m |= fs.ModeDevice
	case unix.S_IFIFO:
		m |= fs.ModeNamedPipe
	case unix.S_IFSOCK:
		m |= fs.ModeSocket
	}
	for _, bit := range []struct {
		mode uint32
		mark fs.FileMode
	}{{unix.S_ISUID, fs.ModeSetuid}, {unix.S_ISGID, fs.ModeSetgid}, {unix.S_ISVTX, fs.ModeSticky}} {
		if mode&bit.mode != 0 {
			m |= bit.mark
		}
	}
	return m
}
