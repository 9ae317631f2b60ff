package procfd

import (
	"os"
	"strconv"
	"strings"
)

// fdinfo is what /proc/self/fdinfo tells about a descriptor, as far as it is of
// use here.
type fdinfo struct {
	counter  uint64 // eventfd-count
	hasCount bool
	sigmask  uint64
	pid      int
	hasPid   bool
	targets  []int // descriptors that an epoll watches
	marks    int   // what inotify or fanotify watch
}

// readFdinfo takes a descriptor for as long as it reads.
func readFdinfo(num int) (fdinfo, error) {
	ours.Lock()
	text, err := os.ReadFile("/proc/self/fdinfo/" + strconv.Itoa(num))
	ours.Unlock()
	if pathError, ok := err.(*os.PathError); ok {
		err = pathError.Err // the path says nothing that the number does not
	}
	return parseFdinfo(string(text)), err
}

// parseFdinfo reads what it knows, one line each, and passes over the rest. The
// kernel's formats are in the show_fdinfo functions, and in
// Documentation/filesystems/proc.rst.
func parseFdinfo(text string) (info fdinfo) {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch key {
		case "eventfd-count":
			info.counter, info.hasCount = parseHex(value)
		case "sigmask":
			info.sigmask, _ = parseHex(value)
		case "Pid":
			pid, err := strconv.ParseInt(value, 10, 32)
			info.pid, info.hasPid = int(pid), err == nil
		case "tfd":
			target, _, _ := strings.Cut(value, " ")
			if n, err := strconv.ParseUint(target, 10, 31); err == nil {
				info.targets = append(info.targets, int(n))
			}
		default:
			if strings.HasPrefix(key, "inotify wd") || strings.HasPrefix(key, "fanotify ino") ||
				strings.HasPrefix(key, "fanotify mnt_id") || strings.HasPrefix(key, "fanotify sdev") {
				info.marks++
			}
		}
	}
	return info
}

func parseHex(text string) (n uint64, ok bool) {
	n, err := strconv.ParseUint(text, 16, 64)
	return n, err == nil
}
