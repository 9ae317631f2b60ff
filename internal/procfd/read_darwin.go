package procfd

import (
	"os"
	"runtime"
	"slices"
	"strconv"
)

const limits = runtime.GOOS + ": sockets are told apart by number only"

// read lists /dev/fd, which on macOS has all descriptors of the process.
func (t *Table) read() error {
	names, err := fdNames()
	if err != nil {
		t.walkAll() // no descriptor is left to open it with
		return nil
	}
	for _, name := range names {
		if num, err := strconv.Atoi(name); err == nil {
			t.Entries = append(t.Entries, Entry{Num: num})
		}
	}
	slices.SortFunc(t.Entries, func(a, b Entry) int { return a.Num - b.Num })
	t.identify(0)
	return nil
}

// fdNames closes the directory before anything is identified: then its
// descriptors, of which the library needs two, are dropped as any other that
// was closed meanwhile.
func fdNames() ([]string, error) {
	dir, err := os.Open("/dev/fd")
	if err != nil {
		return nil, err
	}
	names, err := dir.Readdirnames(-1)
	_ = dir.Close()
	return names, err
}
