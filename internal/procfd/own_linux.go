package procfd

import (
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// An ownFolder is a descriptor of the library's own, for /proc/self/fd. Its size is the number of
// open descriptors since Linux 6.2; before it was 0. Finding the folder by its path takes several
// times as long as asking the descriptor.
//
// The descriptor can read nothing (O_PATH), is closed in programs that this process runs, and is in
// no table. Its number is above those that most programs get to see, so tests get the numbers that
// they would get without it. A test may close it or use its number: each count looks whether the
// number still stands for the folder. If it does not, the number belongs to the test, and the next
// table opens the folder again.
//
// Whoever holds ours may use it.
type ownFolder struct {
	open    bool
	useless bool // the kernel does not count
	num     int
	id      ID
	stat    stat
}

var own ownFolder

const ownNumber = 100 // the lowest

// keep opens the folder unless it is open. If it can't, as without /proc or at the limit of
// descriptors, the next table tries again.
func (o *ownFolder) keep() {
	if o.open || o.useless {
		return
	}
	num, err := unix.Open(directory, unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	if above, err := unix.FcntlInt(uintptr(num), unix.F_DUPFD_CLOEXEC, ownNumber); err == nil { // the limit may be lower
		_ = unix.Close(num)
		num = above
	}
	*o = ownFolder{open: true, num: num}
	o.stat.id(num, &o.id)
	if _, ok := o.count(); !ok {
		o.open, o.useless = false, true
		_ = unix.Close(num)
	}
}

// count returns how many descriptors are open but the own one.
func (o *ownFolder) count() (n int, ok bool) {
	st := &o.stat.buf
	if o.stat.statx(o.num, unix.STATX_SIZE|unix.STATX_INO) != 0 || st.Ino != o.id.Ino ||
		unix.Mkdev(st.Dev_major, st.Dev_minor) != o.id.Dev || st.Size == 0 {
		o.open = false
		return 0, false
	}
	return int(st.Size) - 1, true
}

// Own reports whether a descriptor, perhaps of another process, is one that this library keeps open.
func Own(d FD) bool {
	pid, isProc := strings.CutPrefix(d.Path, "/proc/")
	pid, isFolder := strings.CutSuffix(pid, "/fd")
	_, err := strconv.Atoi(pid)
	return d.Kind == KindDirectory && strings.Contains(d.Flags, "O_PATH") && isProc && isFolder && err == nil
}

func isOwn(e Entry) bool { return own.open && e.Num == own.num && e.ID == own.id }

// count returns how many descriptors are open but the library's own.
func count() (n int, ok bool) {
	if own.open {
		if n, ok = own.count(); ok {
			return n, true
		}
	}
	if own.useless {
		return 0, false
	}
	return countByPath()
}

// countByPath does not need a descriptor.
func countByPath() (n int, ok bool) {
	const path = directory + "\x00" // converting a string would allocate
	st := &own.stat.buf
	at := unix.AT_FDCWD
	_, _, errno := unix.RawSyscall6(unix.SYS_STATX, uintptr(at), uintptr(unsafe.Pointer(unsafe.StringData(path))),
		unix.AT_STATX_DONT_SYNC, unix.STATX_SIZE, uintptr(unsafe.Pointer(st)), 0)
	return int(st.Size), errno == 0 && st.Size != 0
}
