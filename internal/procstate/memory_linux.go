package procstate

import (
	"bytes"
	"math"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
)

// A files is a root of the file system: tests have their own.
type files string

// MemoryLeft returns how many bytes of memory this process can take until the machine, a cgroup of
// the process or its resource limits give no more. What is not known does not limit it: on systems
// other than Linux the result is the largest number.
func MemoryLeft() uint64 { return files("/").memoryLeft() }

func (root files) memoryLeft() uint64 {
	left := uint64(math.MaxUint64)
	if kib, ok := root.field("proc/meminfo", "MemAvailable:"); ok {
		left = kib << 10
	}
	for limit, usage := range map[string]string{"Max data size": "VmData:", "Max address space": "VmSize:"} {
		most, limited := root.field("proc/self/limits", limit)
		used, known := root.field("proc/self/status", usage)
		if limited && known {
			left = min(left, most-min(most, used<<10))
		}
	}
	for line := range bytes.Lines(root.read("proc/self/cgroup")) {
		parts := strings.SplitN(strings.TrimSpace(string(line)), ":", 3)
		if len(parts) != 3 {
			continue
		}
		within := func(mount, limit, usage, cache string) {
			for dir := path.Clean(parts[2]); ; dir = path.Dir(dir) {
				at := path.Join(mount, dir)
				most, limited := root.field(path.Join(at, limit), "")
				used, known := root.field(path.Join(at, usage), "")
				if limited && known {
					// The kernel takes back what it caches of files.
					inactive, _ := root.field(path.Join(at, "memory.stat"), cache+"inactive_file")
					active, _ := root.field(path.Join(at, "memory.stat"), cache+"active_file")
					left = min(left, most-min(most, used-min(used, inactive+active)))
				}
				if dir == "/" || dir == "." {
					break
				}
			}
		}
		switch {
		case parts[0] == "0":
			within("sys/fs/cgroup", "memory.max", "memory.current", "")
		case slices.Contains(strings.Split(parts[1], ","), "memory"):
			within("sys/fs/cgroup/memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_")
		}
	}
	return left
}

func (root files) read(name string) []byte {
	text, _ := os.ReadFile(path.Join(string(root), name)) // what can't be read limits nothing
	return text
}

// field returns the number behind words that begin a line, or the first one of a file.
func (root files) field(name, words string) (n uint64, ok bool) {
	for line := range strings.Lines(string(root.read(name))) {
		rest, begins := strings.CutPrefix(line, words)
		fields := strings.Fields(rest)
		if begins && len(fields) > 0 && (words == "" || strings.TrimLeft(rest, " \t") != rest) {
			n, err := strconv.ParseUint(fields[0], 10, 64)
			return n, err == nil // "max" and "unlimited" are no numbers
		}
	}
	return 0, false
}
