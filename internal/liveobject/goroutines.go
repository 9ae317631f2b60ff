package liveobject

import (
	"runtime"
	"strconv"
	"strings"
	"unsafe"
)

// AllGoroutines returns the address of the runtime's slice of all goroutines. It looks for it among
// the runtime's variables: a slice of pointers to what has the number of a goroutine at the offset goid
// and its status at the offset status, the calling goroutine among them. It asks the runtime about no
// pointer that may be none: that ends the process. It finds none where wordsKnown returns false.
func AllGoroutines(goid, status uintptr) (addr uintptr, ok bool) {
	const (
		most       = 1 << 24
		mostIDs    = uint64(1 << 48)
		mostStatus = 1 << 5  // without the bit for the collector
		scanned    = 1 << 12 // that bit
	)
	if !wordsKnown() {
		return 0, false
	}
	self := ownID()
	guarded(func() { // the search ends with the variables
		for at := uintptr(unsafe.Pointer(&runtime.MemProfileRate)) &^ (wordSize - 1); ; at += wordSize {
			array, length, capacity := word(at), word(at+wordSize), word(at+2*wordSize)
			if array == 0 || array%wordSize != 0 || length < uintptr(runtime.NumGoroutine()) || length > capacity || capacity > most {
				continue
			}
			found := false
			all := guarded(func() {
				for i := range length {
					g := word(array + i*wordSize)
					if g == 0 || g%wordSize != 0 || uint64(word(g+goid)) > mostIDs || uint32(word(g+status))&^scanned >= mostStatus {
						panic(errUnknown)
					}
					found = found || uint64(word(g+goid)) == self
				}
			})
			if all && found {
				addr, ok = at, true
				return
			}
		}
	})
	return addr, ok
}

// ownID returns the number of the calling goroutine.
func ownID() (id uint64) {
	text := make([]byte, 64)
	text = text[:runtime.Stack(text, false)] // goroutine 7 [running]:
	if fields := strings.Fields(string(text)); len(fields) > 1 {
		id, _ = strconv.ParseUint(fields[1], 10, 64)
	}
	return id
}
