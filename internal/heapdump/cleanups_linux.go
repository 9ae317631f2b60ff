//go:build amd64 || arm64

package heapdump

import (
	"encoding/binary"
	"syscall"
	"unsafe"

	"github.com/leakassert/leakassert/internal/liveobject"
	"golang.org/x/sys/unix"
)

// cleanups has what the child needs to list the cleanups that are set. The runtime's dumper leaves them
// out.
type cleanups struct {
	where liveobject.Cleanups
	file  int // a memfd
	words []uint64
	n     int // of words
}

// eachCleanup is how many words the list has for each cleanup.
const eachCleanup = 4

// newCleanups returns nil if it is not known where the runtime keeps cleanups.
func newCleanups() *cleanups {
	where, err := liveobject.FindCleanups()
	if err != nil {
		return nil
	}
	file, err := unix.MemfdCreate("cleanups", unix.MFD_CLOEXEC)
	if err != nil {
		return nil
	}
	return &cleanups{where: where, file: file, words: make([]uint64, 256*eachCleanup)}
}

func (c *cleanups) close() {
	if c != nil {
		unix.Close(c.file)
	}
}

// list writes the cleanups to the file. It runs in the child, where nothing changes meanwhile.
//
//go:norace
//go:nocheckptr
func (c *cleanups) list() {
	if c == nil {
		return
	}
	word := func(addr uint64) uint64 { return **(**uint64)(unsafe.Pointer(&addr)) }
	w := &c.where
	array, length := word(uint64(w.Spans)), word(uint64(w.Spans)+8)
	for i := range length {
		span := word(array + 8*i)
		if span == 0 {
			continue
		}
		for record := word(span + uint64(w.Attached)); record != 0; record = word(record + uint64(w.Next)) {
			if byte(word(record+uint64(w.Kind))) != w.Cleanup {
				continue
			}
			c.words[c.n] = word(span+uint64(w.Start)) + word(record+uint64(w.Offset))
			c.words[c.n+1] = word(record + uint64(w.Call))
			c.words[c.n+2] = word(record + uint64(w.Fn))
			c.words[c.n+3] = word(record + uint64(w.Arg))
			if c.n += eachCleanup; c.n == len(c.words) {
				c.flush()
			}
		}
	}
	c.flush()
}

//go:norace
func (c *cleanups) flush() {
	if c.n > 0 {
		n, _, _ := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(c.file), uintptr(unsafe.Pointer(&c.words[0])), uintptr(8*c.n))
		if int(n) != 8*c.n {
			exit(1)
		}
	}
	c.n = 0
}

// read returns what the child has listed.
func (c *cleanups) read() (list []Cleanup, ok bool) {
	if c == nil {
		return nil, false
	}
	var st unix.Stat_t
	if unix.Fstat(c.file, &st) != nil || st.Size%(8*eachCleanup) != 0 {
		return nil, false
	}
	text := make([]byte, st.Size)
	if n, err := unix.Pread(c.file, text, 0); err != nil || n != len(text) {
		return nil, false
	}
	for ; len(text) > 0; text = text[8*eachCleanup:] {
		at := func(i int) uint64 { return binary.NativeEndian.Uint64(text[8*i:]) }
		list = append(list, Cleanup{Object: at(0), Call: at(1), Fn: at(2), Arg: at(3)})
	}
	return list, true
}
