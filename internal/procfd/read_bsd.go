//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package procfd

import "golang.org/x/sys/unix"

// row of unused numbers that ends the table where nothing says how long it is.
// The limit of descriptors is no end for it: it may be in the millions.
const longRow = 1024

func (t *Table) walkAll() {
	t.walk(0, func(_, row int) bool { return row >= longRow })
}

func count() (n int, ok bool) { return 0, false }

// stat asks descriptors who they are.
type stat struct{ buf unix.Stat_t }

// id is the identity of what is open under a number; open is false when
// nothing is.
func (s *stat) id(num int) (id ID, open bool) {
	if err := unix.Fstat(num, &s.buf); err != nil {
		return ID{}, err != unix.EBADF
	}
	return idOf(&s.buf), true
}
