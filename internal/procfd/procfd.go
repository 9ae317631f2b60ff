// Package procfd tells which file descriptors this process has open, and what
// each of them is.
//
// The two are apart because they cost so differently. A [Table] is numbers and
// identities: a system call a descriptor, nothing opened, nothing allocated
// once it has grown, so that a check that finds nothing can afford it. An [FD]
// is a description for people, several calls and strings each, for what a check
// has found.
//
// On a platform that cannot tell something, [Limits] says so in one line.
package procfd

import "sync"

// ID tells descriptors apart that have had the same number. IDs can be
// compared with ==.
//
// Sockets, pipes and process descriptors each have an ID of their own. What is
// opened twice has the same ID twice, and so have, on Linux, all descriptors
// that stand for no file (eventfd, epoll, timerfd, signalfd, inotify …): the
// kernel gives them one inode between them.
type ID struct {
	Dev, Ino, Rdev uint64

	// Mode holds the bits for the type of file, S_IFMT, and no others: a
	// chmod makes no new descriptor.
	Mode uint32
}

// Entry is one open descriptor.
type Entry struct {
	Num int
	ID  ID // zero when the operating system refuses to tell
}

// Table is a snapshot of the open descriptors. Its memory is reused by
// [Table.Read]. The zero Table is empty and ready. A Table must not be used by
// two goroutines at a time.
type Table struct {
	Entries []Entry // by ascending Num

	diff diff // see grown.go
}

// ours is held by whoever opens a descriptor for this package's own use, and
// by whoever reads the table, so that one check never sees the descriptor with
// which another is looking.
var ours sync.Mutex

// Read fills the table with what is open now. In the common case it opens
// nothing, it describes nothing, and it allocates only when the table has to
// grow.
//
// A descriptor that is open all the while is in the table, whatever other
// goroutines open and close meanwhile; one that is opened or closed meanwhile
// may be in it or not. After an error the table is empty.
//
// Linux: the descriptors are asked for their identity from number 0 upwards,
// until as many have answered as are open. When the sum does not come out, as
// in the first table of all, in one that has got large gaps, or while others
// open and close descriptors, the rest is listed from /proc/self/fd, which takes one descriptor for
// that time. When there is none left, or no /proc, all numbers are asked until
// 65536 in all were not open. A descriptor behind a row of 8 or more free
// numbers, below which others were closed since the last listing, can be missed
// while other goroutines open and close at full speed: in about one of 200 reads.
//
// macOS: /dev/fd is listed, which allocates. The BSDs: all numbers are asked,
// until 1024 in a row were not open. Elsewhere it is an error.
func (t *Table) Read() error {
	ours.Lock()
	defer ours.Unlock()
	t.Entries = t.Entries[:0]
	if err := t.read(); err != nil {
		t.Entries = t.Entries[:0]
		return err
	}
	return nil
}

// Count is how many descriptors are open, where the operating system says so
// in a time that does not depend on their number: Linux 6.2 and newer, and
// Windows, where handles are counted.
func Count() (n int, ok bool) { return count() }

// Limits is what this platform cannot tell, in one line for a report. It is
// empty where everything can be told, as on Linux.
func Limits() string { return limits }
