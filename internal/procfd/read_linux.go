package procfd

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"golang.org/x/sys/unix"
)

// Limits says what this platform can't show, on one line for a report.
const Limits = ""

// directory lists all descriptors of the process.
const directory = "/proc/self/fd"

const (
	// With more gaps than fewGaps listing is cheaper. Listing takes as long as asking all that
	// is open, and opening the directory takes as long as about 60 gaps.
	fewGaps = 64

	// After a row of tail gaps Read asks only for numbers that were open behind it before.
	tail = 8

	// manyGaps is the effort if nothing can be listed: about 10 ms.
	manyGaps = 1 << 16
)

// Whoever holds ours may use these, so a listing allocates no memory of its own.
var (
	// outlying holds the numbers that the last listing found behind a row of gaps, such as the
	// 251 that a shell passes to its children. They are asked for without listing.
	outlying []int
	agreed   bool // the count matched too: nobody opened or closed anything just then

	dirents [16 << 10]byte // what a directory is read into
)

func (t *Table) read(alone bool) error {
	own.keep()
	want, ok := count()
	next := 0
	if ok && agreed {
		next = t.walk(0, func(gaps, row int) bool {
			found := len(t.Entries)
			// Others may close and open so fast that the count or the end is never reached.
			return (row >= tail || alone) && found+len(outlying) >= want || found > want || gaps > fewGaps+want/8
		})
		asked := len(t.Entries)
		for _, num := range outlying {
			if num >= next {
				t.ask(num)
			}
		}
		if len(t.Entries) == want {
			if alone {
				return nil
			}
			// A new descriptor may have been counted instead of a number that was not asked.
			// That shows, unless as much was closed just as quickly.
			if again, _ := count(); again == want {
				return nil
			}
		}
		t.Entries = t.Entries[:asked]
	}
	if err := t.list(next); err != nil {
		// At the limit of descriptors there are no gaps. Without /proc this walk finds everything.
		t.walk(next, func(gaps, row int) bool {
			return ok && len(t.Entries) >= want && row >= tail || gaps >= manyGaps
		})
		return nil
	}
	t.learnOutlying()
	again, counted := count()
	agreed = counted && again == len(t.Entries)
	return nil
}

// learnOutlying finds the outlying numbers in a complete table.
func (t *Table) learnOutlying() {
	const most = 64 // listing is better for more of them
	outlying = outlying[:0]
	last, behind := -1, t.Entries
	for len(behind) > 0 && behind[0].Num-last <= tail {
		last, behind = behind[0].Num, behind[1:]
	}
	if len(behind) <= most {
		for _, e := range behind {
			outlying = append(outlying, e.Num)
		}
	}
}

// list adds the descriptors from the given number on by reading the directory of all descriptors.
// The kernel walks its table in order, so it misses no descriptor that is open all the time,
// whatever others do.
func (t *Table) list(from int) error {
	dir, err := unix.Open(directory, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	had := len(t.Entries)
	n := -1
	for n != 0 && (err == nil || err == unix.EINTR) {
		n, err = unix.Getdents(dir, dirents[:])
		for rest := dirents[:max(n, 0)]; len(rest) > 0; {
			var num int
			if num, rest = nextDirent(rest); num >= from {
				t.Entries = append(t.Entries, Entry{Num: num})
			}
		}
	}
	// Close dir before asking anything. It is then as closed as any other descriptor that was
	// closed meanwhile.
	_ = unix.Close(dir)
	listed := t.Entries[had:]
	t.Entries = t.Entries[:had]
	if err != nil {
		return err
	}
	for _, e := range listed {
		t.ask(e.Num) // overwrites only what was asked
	}
	return nil
}

// nextDirent reads the first struct linux_dirent64 in buf. It returns -1 if the name is not a
// number, as for "." and "..".
func nextDirent(buf []byte) (num int, rest []byte) {
	const length, name = 16, 19 // offsets; the same on all architectures
	if len(buf) <= name {
		return -1, nil
	}
	size := int(binary.NativeEndian.Uint16(buf[length:]))
	if size <= name || size > len(buf) {
		return -1, nil
	}
	text, _, _ := bytes.Cut(buf[name:size], []byte{0})
	if buf[name] == '.' { // parsing it would allocate an error
		return -1, buf[size:]
	}
	if n, err := strconv.ParseUint(string(text), 10, 31); err == nil {
		return int(n), buf[size:]
	}
	return -1, buf[size:]
}
