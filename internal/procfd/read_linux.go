package procfd

import (
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

const limits = ""

const (
	// A number that is not open takes half as long to ask as one that is, and
	// listing a table takes as long as asking it, and about 60 gaps on top for
	// opening the directory. So with more gaps than these, listing is cheaper.
	fewGaps = 64

	// A row of gaps behind which nothing is looked for that has not been seen
	// there before.
	tail = 8

	// What to spend when nothing can be listed: about 10 ms.
	manyGaps = 1 << 16
)

// outlying is what the last listing had behind a row of gaps, such as the 251
// that a shell has left to its children. Once known, these are asked for one by
// one, and the table need not be listed for them. The owner of ours may use it.
var outlying struct {
	known bool // the count and the listing agreed: nobody opened or closed anything just then
	nums  []int
}

func (t *Table) read() error {
	want, ok := count()
	next := 0
	if ok && outlying.known {
		next = t.walk(0, func(gaps, row int) bool {
			found := len(t.Entries)
			// Never on and on: other goroutines may close faster than the
			// count is reached, or open faster than the end of it.
			return row >= tail && found+len(outlying.nums) >= want || found > want || gaps > fewGaps+want/8
		})
		asked := len(t.Entries)
		t.addOutlying(next)
		if len(t.Entries) == want {
			// What was opened meanwhile may have helped to reach the count in
			// place of something that has not been asked. That shows, unless as
			// much was closed just as quickly.
			if again, _ := count(); again == want {
				return nil
			}
		}
		t.Entries = t.Entries[:asked]
	}
	if err := t.list(next); err == nil {
		t.learnOutlying()
		again, counted := count()
		outlying.known = counted && again == len(t.Entries)
		return nil
	}
	// At the limit of descriptors the table has no gaps below it, and without
	// /proc there is no better way.
	t.walk(next, func(gaps, row int) bool {
		return ok && len(t.Entries) >= want && row >= tail || gaps >= manyGaps
	})
	return nil
}

// addOutlying adds those of the outlying that are open and not below next.
func (t *Table) addOutlying(next int) {
	asked := len(t.Entries)
	for _, num := range outlying.nums {
		if num >= next {
			t.Entries = append(t.Entries, Entry{Num: num})
		}
	}
	t.identify(asked)
}

// learnOutlying looks for them in a table that is complete.
func (t *Table) learnOutlying() {
	const most = 64 // a table with more is better listed
	outlying.nums = outlying.nums[:0]
	last := -1
	first := slices.IndexFunc(t.Entries, func(e Entry) bool {
		gap := e.Num-last > tail
		last = e.Num
		return gap
	})
	if first < 0 || len(t.Entries)-first > most {
		return
	}
	for _, e := range t.Entries[first:] {
		outlying.nums = append(outlying.nums, e.Num)
	}
}

// fdDir is kept ready for system calls, as converting a string allocates.
var fdDir = [...]byte{'/', 'p', 'r', 'o', 'c', '/', 's', 'e', 'l', 'f', '/', 'f', 'd', 0}

// count reads the size of /proc/self/fd, which is the number of descriptors
// since Linux 6.2 and was 0 before.
func count() (n int, ok bool) {
	var st unix.Statx_t
	at := unix.AT_FDCWD
	_, _, errno := unix.RawSyscall6(unix.SYS_STATX, uintptr(at), uintptr(unsafe.Pointer(&fdDir)),
		unix.AT_STATX_DONT_SYNC, unix.STATX_SIZE, uintptr(unsafe.Pointer(&st)), 0)
	if errno != 0 || st.Size == 0 {
		return 0, false
	}
	return int(st.Size), true
}
