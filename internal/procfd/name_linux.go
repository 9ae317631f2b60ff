package procfd

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// describeName reads the link in /proc/self/fd, whose text is a path or the
// kernel's name for what has none.
func (d *FD) describeName(st *unix.Stat_t) {
	text, err := readlink("/proc/self/fd/" + strconv.Itoa(d.Num))
	if err != nil {
		d.missing("path", err)
		return
	}
	d.Path = text
	if name, ok := anonymous(text); ok {
		d.Kind = anonymousKind(name)
		return
	}
	if !strings.HasPrefix(text, "/") {
		if kind, _, _ := strings.Cut(text, ":["); d.Kind == KindFile && kind != text {
			d.Kind = KindNamespace // "net:[4026531833]"
		}
		return // "pipe:[7]", "socket:[7]", which the type has told already
	}
	if name, ok := strings.CutPrefix(text, "/memfd:"); ok && d.isMemfd(st) {
		// It has no directory to be deleted from, but is shown as deleted.
		d.Kind, d.Path = KindMemfd, "memfd:"+strings.TrimSuffix(name, deletedMark)
		return
	}
	if path, ok := strings.CutSuffix(text, deletedMark); ok && isDeleted(text, st) {
		d.Path, d.Deleted = path, true
	}
	if d.Kind == KindDevice {
		d.detail("device " + strconv.FormatUint(uint64(unix.Major(d.Of.Rdev)), 10) +
			":" + strconv.FormatUint(uint64(unix.Minor(d.Of.Rdev)), 10))
	}
}

// isMemfd tells a memfd from a file of that name: it was never in a directory,
// and has seals.
func (d *FD) isMemfd(st *unix.Stat_t) bool {
	_, err := unix.FcntlInt(uintptr(d.Num), unix.F_GET_SEALS, 0)
	return err == nil && st.Nlink == 0
}

const deletedMark = " (deleted)"

// isDeleted tells the kernel's mark from the end of a file's own name. A file
// with no name left is deleted. One that has others is when it is not what has
// this name with the mark.
func isDeleted(text string, st *unix.Stat_t) bool {
	if st.Nlink == 0 {
		return true
	}
	var named unix.Stat_t
	switch err := unix.Lstat(text, &named); err {
	case nil:
		return idOf(&named) != idOf(st)
	case unix.ENOENT, unix.ENOTDIR:
		return true
	}
	return false
}

// readlink grows its buffer until the text fits.
func readlink(link string) (string, error) {
	for size := 256; ; size *= 2 {
		buf := make([]byte, size)
		n, err := unix.Readlink(link, buf)
		if err != nil {
			return "", err
		}
		if n < size {
			return string(buf[:n]), nil
		}
	}
}

// anonymous cuts the name out of "anon_inode:[eventfd]" and "anon_inode:inotify".
func anonymous(text string) (name string, ok bool) {
	name, ok = strings.CutPrefix(text, "anon_inode:")
	if !ok {
		return "", false
	}
	if inner, ok := strings.CutPrefix(name, "["); ok {
		name = strings.TrimSuffix(inner, "]")
	}
	return name, name != ""
}

func anonymousKind(name string) Kind {
	if name == "eventpoll" {
		return KindEpoll
	}
	return Kind(name) // the others have the names that people use
}
