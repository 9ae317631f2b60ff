package procfd

import (
	"encoding/binary"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// dirents is what a directory is read into. The owner of ours may use it.
var dirents [16 << 10]byte

// list adds the descriptors from the given number on by reading /proc/self/fd.
// The kernel passes over the table in order there, so that it misses none that
// is open all the while, whatever others do.
func (t *Table) list(from int) error {
	dir, err := openDir()
	if err != nil {
		return err
	}
	asked := len(t.Entries)
	for {
		var n int
		n, err = unix.Getdents(dir, dirents[:])
		if err == unix.EINTR {
			continue
		}
		if n <= 0 {
			break
		}
		for rest := dirents[:n]; len(rest) > 0; {
			var num int
			var ok bool
			if num, rest, ok = nextDirent(rest); ok && num >= from {
				t.Entries = append(t.Entries, Entry{Num: num})
			}
		}
	}
	// Closed first: then dir is no more open than anything else that was
	// closed meanwhile.
	_ = unix.Close(dir)
	if err != nil {
		t.Entries = t.Entries[:asked]
		return err
	}
	slices.SortFunc(t.Entries[asked:], func(a, b Entry) int { return a.Num - b.Num })
	t.identify(asked)
	return nil
}

// openDir is unix.Open without the copy of the path.
func openDir() (int, error) {
	at := unix.AT_FDCWD
	for {
		dir, _, errno := unix.Syscall6(unix.SYS_OPENAT, uintptr(at), uintptr(unsafe.Pointer(&fdDir)),
			unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0, 0, 0)
		switch errno {
		case 0:
			return int(dir), nil
		case unix.EINTR:
		default:
			return -1, errno
		}
	}
}

// nextDirent reads the first of the struct linux_dirent64 in buf; ok is false
// when its name is not a number, as of "." and "..".
func nextDirent(buf []byte) (num int, rest []byte, ok bool) {
	const length, name = 16, 19 // offsets; the same on all architectures
	if len(buf) <= name {
		return 0, nil, false
	}
	size := int(binary.NativeEndian.Uint16(buf[length:]))
	if size <= name || size > len(buf) {
		return 0, nil, false
	}
	digits := 0
	for _, c := range buf[name:size] {
		if c == 0 {
			return num, buf[size:], digits > 0
		}
		if c < '0' || c > '9' || digits == 9 {
			break
		}
		num, digits = num*10+int(c-'0'), digits+1
	}
	return 0, buf[size:], false
}
