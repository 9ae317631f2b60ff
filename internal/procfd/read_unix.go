//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package procfd

import "golang.org/x/sys/unix"

// walk asks all numbers from the given one upwards until enough returns true. It returns the number
// after the last one that it asked.
func (t *Table) walk(from int, enough func(gaps, row int) bool) (next int) {
	gaps, row := 0, 0 // numbers that are not open: altogether, and since the last open one
	for num := from; ; num++ {
		if row++; t.ask(num) {
			row = 0
		} else {
			gaps++
		}
		if enough(gaps, row) {
			return num + 1
		}
	}
}

// ask adds a number to the table if it is open, unless it is the library's own.
func (t *Table) ask(num int) (open bool) {
	n := len(t.Entries)
	t.Entries = append(t.Entries, Entry{Num: num})
	open = t.stat.id(num, &t.Entries[n].ID)
	if !open || isOwn(t.Entries[n]) {
		t.Entries = t.Entries[:n]
	}
	return open
}

// fstatID is stat.id with the part of the identity that fstat returns.
func fstatID(num int, id *ID) (open bool) {
	var st unix.Stat_t
	if err := unix.Fstat(num, &st); err != nil {
		return err != unix.EBADF
	}
	*id = idOf(&st)
	return true
}

// idOf converts the types of this platform. They differ on every platform.
func idOf(st *unix.Stat_t) ID {
	return ID{Dev: uint64(st.Dev), Ino: uint64(st.Ino), Type: typeOf(uint32(st.Mode), uint64(st.Rdev))}
}

func typeOf(mode uint32, device uint64) uint64 { return uint64(mode>>12)<<sortShift | device }
