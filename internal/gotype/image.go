package gotype

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"strings"
	"sync"
)

// A mapping is a part of the process's memory.
type mapping struct {
	low, high uintptr
	mode      string // for example r--p
	file      string // the device and inode of the file
}

// image holds the read-only memory of the binary in the order of addresses. It never goes away, so
// it may always be read. It is empty outside of Linux.
var image = sync.OnceValue(func() (found []mapping) {
	if runtime.GOOS != "linux" {
		return nil
	}
	text, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return nil
	}
	var all []mapping
	file, descriptor := "", addressOf(reflect.TypeFor[int]())
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		var m mapping
		var offset, device, inode string
		if n, _ := fmt.Sscanf(s.Text(), "%x-%x %s %s %s %s", &m.low, &m.high, &m.mode, &offset, &device, &inode); n != 6 {
			continue
		}
		m.file = device + " " + inode
		all = append(all, m)
		if m.low <= descriptor && descriptor < m.high {
			file = m.file
		}
	}
	for _, m := range all {
		if m.file != file || !strings.HasPrefix(m.mode, "r-") {
			continue
		}
		if last := len(found) - 1; last >= 0 && found[last].high == m.low {
			found[last].high = m.high
		} else {
			found = append(found, m)
		}
	}
	return found
})

// readable reports whether size bytes at an address lie in the image.
func readable(addr, size uintptr) bool {
	for _, m := range image() {
		if m.low <= addr && addr < m.high {
			return size <= m.high-addr
		}
	}
	return false
}
