package procfd

import (
	"os"
	"runtime"
	"slices"
	"strconv"
	"unsafe"

	"golang.org/x/sys/unix"
)

const Limits = runtime.GOOS + ": sockets are told apart by number only"

// read reads the directory of all descriptors. The kernel walks its table in order, so it misses
// no descriptor that is open all the time.
func (t *Table) read(bool) error {
	const directory = "/dev/fd"
	var names []string
	num, err := unix.Open(directory, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err == nil {
		dir := os.NewFile(uintptr(num), directory) // os.Open would make the runtime open its poller's descriptors
		names, err = dir.Readdirnames(-1)
		// Close it first. Its descriptor is then as closed as any other that was closed meanwhile.
		_ = dir.Close()
	}
	if err != nil {
		t.walkAll() // no descriptor is left to open the directory
		return nil
	}
	for _, name := range names {
		if num, err := strconv.Atoi(name); err == nil {
			t.ask(num)
		}
	}
	slices.SortFunc(t.Entries, func(a, b Entry) int { return a.Num - b.Num })
	return nil
}

// pathBuffer is global because its address is passed as an integer, and a stack could move
// meanwhile. The size is MAXPATHLEN.
var pathBuffer [1024]byte

func (d *FD) describeName(st *unix.Stat_t) {
	switch d.Kind {
	case KindFile, KindDirectory, KindDevice:
	default:
		return
	}
	ours.Lock()
	defer ours.Unlock()
	clear(pathBuffer[:])
	if _, err := unix.FcntlInt(uintptr(d.Num), unix.F_GETPATH, int(uintptr(unsafe.Pointer(&pathBuffer)))); err != nil {
		d.missing("path", err)
		return
	}
	d.Path, d.Deleted = unix.ByteSliceToString(pathBuffer[:]), st.Nlink == 0
}
