// Package procfd lists the open file descriptors of this process and describes them.
//
// A [Table] holds numbers and identities. Each costs a system call, so a check that finds nothing
// can afford a table. An [FD] is a description for people.
package procfd

import (
	"slices"
	"sync"
	"time"
)

// ID distinguishes descriptors that have had the same number. Something opened twice has the same
// ID twice. On Linux all descriptors that stand for no file (eventfd, epoll, timerfd …), except
// pidfds, have the same ID: they share an inode.
type ID struct {
	Dev, Ino uint64

	// Type combines the type of file, S_IFMT, in the upper bits with the number of the device
	// of a device file. It has no permissions. Up to four fields are kept in registers.
	Type uint64

	// Born is when the file was made, in nanoseconds, or 0 if unknown. The inode of a removed
	// file is given to the next file.
	Born int64
}

// Sort returns the type of file alone: a file, a pipe, a socket …
func (id ID) Sort() uint64 { return id.Type >> sortShift }

const sortShift = 60 // above every device number

type Entry struct {
	Num int
	ID  ID // zero when the operating system refuses to tell
}

// Table is a snapshot of the open descriptors. The zero Table is empty and ready for use. Two
// goroutines must not use it at the same time.
type Table struct {
	Entries []Entry // by ascending Num

	// young holds, by number, the handles of files that are hardly older than the table. The
	// inode's next file may be born in the same tick of the file system's clock.
	young map[int]uint64

	// Gone holds the entries that only before has, from the last call of Grown with this table
	// as now.
	Gone []Entry

	fresh []Entry // memory of Grown
	stat  stat    // memory of Read
}

const youth = 20 * time.Millisecond

// ours is held while a table is read and while the library itself opens a descriptor. So no check
// sees the descriptors of another check.
var ours sync.Mutex

// Read fills the table with what is open now. After an error the table is empty. The table has each
// descriptor that is open all the time, whatever others open and close meanwhile.
//
// Linux: Read asks numbers from 0 upwards until it has found as many descriptors as are open. If
// the count does not match, it lists the rest from /proc/self/fd, which uses a descriptor. That
// happens for the first table, with large gaps, and while others open and close. Without a free
// descriptor Read asks numbers until 65536 were not open. While others open and close at full
// speed, about one read in 200 can miss a descriptor after 8 or more free numbers.
//
// macOS: Read lists /dev/fd. The BSDs: it asks numbers until 1024 in a row were not open.
// Elsewhere Read returns an error.
func (t *Table) Read() error { return t.fill(false) }

// ReadAlone is Read for a caller that knows that no other goroutine runs. On Linux it then asks no
// number behind the last one that is open, and counts once.
func (t *Table) ReadAlone() error { return t.fill(true) }

func (t *Table) fill(alone bool) error {
	ours.Lock()
	defer ours.Unlock()
	t.Entries = t.Entries[:0]
	clear(t.young)
	since := time.Now().Add(-youth).UnixNano()
	if err := t.read(alone); err != nil {
		t.Entries = t.Entries[:0]
		return err
	}
	for _, e := range t.Entries {
		if e.ID.Born > since {
			if t.young == nil {
				t.young = make(map[int]uint64)
			}
			t.young[e.Num] = handle(e.Num)
		}
	}
	return nil
}

// IsCount reports whether as many descriptors are open now as the table has. It returns false where
// the operating system does not count them.
func (t *Table) IsCount() bool {
	ours.Lock()
	defer ours.Unlock()
	n, ok := count()
	return ok && n == len(t.Entries)
}

// Unseen runs f. f may open descriptors that must not appear in any table.
func Unseen(f func()) {
	ours.Lock()
	defer ours.Unlock()
	f()
}

// Grown appends to dst the entries of now that are not in before, by ascending number. An entry is
// in before if before has its ID under the same number, or under a number that has lost that ID:
// the entry has then moved. Each such number accounts for one entry, the lowest first. So Grown
// finds a number that was used again, unless for the very same file, and one more end of a pipe
// that was open before. It sets now.Gone, and allocates only if more is new than in earlier calls.
func Grown(dst []Entry, before, now *Table) []Entry {
	now.compare(before)
	for _, e := range now.fresh {
		if i := slices.IndexFunc(now.Gone, func(was Entry) bool { return before.same(was, e) }); i >= 0 {
			now.Gone = slices.Delete(now.Gone, i, i+1) // it has moved
			continue
		}
		dst = append(dst, e)
	}
	return dst
}

// compare finds the entries that only one of two tables has under their number.
func (t *Table) compare(before *Table) {
	t.fresh, t.Gone = t.fresh[:0], t.Gone[:0]
	old, i := before.Entries, 0
	for _, e := range t.Entries {
		for ; i < len(old) && old[i].Num < e.Num; i++ {
			t.Gone = append(t.Gone, old[i])
		}
		if i == len(old) || old[i].Num != e.Num {
			t.fresh = append(t.fresh, e)
			continue
		}
		if (old[i].ID != e.ID || len(before.young) > 0) && !before.same(old[i], e) {
			t.fresh, t.Gone = append(t.fresh, e), append(t.Gone, old[i])
		}
		i++
	}
	t.Gone = append(t.Gone, old[i:]...)
}

// same reports whether the entry e of a later table is of the same file as the entry was.
func (t *Table) same(was, e Entry) bool {
	a, b := was.ID, e.ID
	if a.Born == 0 || b.Born == 0 { // some file systems fill it in late
		a.Born, b.Born = 0, 0
	}
	h := t.young[was.Num]
	return a == b && (h == 0 || h == handle(e.Num))
}
