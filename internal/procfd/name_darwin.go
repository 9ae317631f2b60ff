package procfd

import (
	"bytes"
	"unsafe"

	"golang.org/x/sys/unix"
)

// pathBuffer is global because its address goes through an integer: a stack
// could move meanwhile. The size is MAXPATHLEN.
var pathBuffer [1024]byte

func (d *FD) describeName(st *unix.Stat_t) {
	switch d.Kind {
	case KindFile, KindDirectory, KindDevice:
	default:
		return
	}
	ours.Lock()
	defer ours.Unlock()
	clear(pathBuffer[:])
	if _, err := unix.FcntlInt(uintptr(d.Num), unix.F_GETPATH, int(uintptr(unsafe.Pointer(&pathBuffer)))); err != nil {
		d.missing("path", err)
		return
	}
	path, _, _ := bytes.Cut(pathBuffer[:], []byte{0})
	d.Path = string(path)
	d.Deleted = st.Nlink == 0
}
