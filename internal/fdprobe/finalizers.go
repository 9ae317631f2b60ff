package fdprobe

import (
	"encoding/binary"
	"fmt"
	"os"
	"reflect"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"unsafe"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/procfd"
)

// otherFinalizers says why a finalizer that has run need not have closed a descriptor: what else in
// this binary sets finalizers. It is empty if nothing does. It looks for the calls in the machine
// code, once in a process, at 1 ms for each MB. It knows only the code of linux/amd64.
var otherFinalizers = sync.OnceValue(func() string {
	if runtime.GOOS != "linux" || runtime.GOARCH != "amd64" {
		return "finalizers are not told apart on " + runtime.GOOS + "/" + runtime.GOARCH
	}
	if strings.Contains(os.Getenv("GODEBUG")+fmt.Sprint(debug.ReadBuildInfo()), "execwait") {
		return "GODEBUG=execwait sets a finalizer for each command"
	}
	own := reflect.ValueOf(setsFinalizer).Pointer()
	set := called(own, "runtime.SetFinalizer")
	setters, ok := callers(set)
	if !ok {
		return "runtime.SetFinalizer is also called through a variable"
	}
	var others []string
	for _, pc := range setters {
		switch name := function(pc); {
		case entry(pc) == set, entry(pc) == own:
		case name == "runtime.(*Pinner).Pin":
			pinners, direct := callers(entry(pc))
			if !direct {
				others = append(others, name)
			}
			for _, by := range pinners {
				if entry(by) != entry(pc) && function(by) != "runtime.debugPinnerV1" { // only a debugger calls it
					others = append(others, function(by))
				}
			}
		case !slices.Contains([]string{"os", "net", "os/exec"}, names.Package(name)):
			others = append(others, name)
		}
	}
	if len(others) == 0 {
		return ""
	}
	more := ""
	if others = slices.Compact(slices.Sorted(slices.Values(others))); len(others) > 2 {
		more = fmt.Sprintf(" and %d more", len(others)-2)
		others = others[:2]
	}
	return "other finalizers are set by " + strings.Join(others, ", ") + more
})

// setsFinalizer is never called. Its code contains the address of SetFinalizer. A variable with
// that address would look like one through which others may call SetFinalizer.
//
//go:noinline
func setsFinalizer() { runtime.SetFinalizer(new(collected), nil) }

// called returns the function with the given name that the code at an address calls.
//
//go:nocheckptr
func called(from uintptr, name string) uintptr {
	for at := from; entry(at) == from; at++ {
		if to, ok := target(unsafe.Slice((*byte)(pointer(at)), 5), at); ok && function(to) == name {
			return to
		}
	}
	return 0
}

// target returns the address that the instruction at an address calls or jumps to.
func target(text []byte, at uintptr) (to uintptr, ok bool) {
	const call, jump = 0xe8, 0xe9
	return at + 5 + uintptr(int32(binary.LittleEndian.Uint32(text[1:]))), text[0] == call || text[0] == jump
}

// callers returns where a function is called from, in the memory mapped from this binary's file. ok
// is false if it may also be called through a variable or an interface. The memory may be written
// while callers reads it.
//
//go:norace
//go:nocheckptr
func callers(of uintptr) (pcs []uintptr, ok bool) {
	var maps []byte
	procfd.Unseen(func() { maps, _ = os.ReadFile("/proc/self/maps") })
	binary, _ := os.Readlink("/proc/self/exe")
	for line := range strings.Lines(string(maps)) {
		var from, to uintptr
		var access string
		if n, _ := fmt.Sscanf(line, "%x-%x %s", &from, &to, &access); n != 3 || access[0] != 'r' || !strings.HasSuffix(line, " "+binary+"\n") {
			continue
		}
		if access[2] != 'x' {
			for _, word := range unsafe.Slice((*uintptr)(pointer(from)), (to-from)/unsafe.Sizeof(of)) {
				if word == of {
					return nil, false
				}
			}
			continue
		}
		text := unsafe.Slice((*byte)(pointer(from)), to-from)
		for at := from; len(text) >= 5; at, text = at+1, text[1:] {
			if to, ok := target(text, at); ok && to == of {
				pcs = append(pcs, at)
			}
		}
	}
	return pcs, len(pcs) > 0
}

// function returns the name of the function at an address, "" if there is none.
func function(pc uintptr) string { return runtime.FuncForPC(pc).Name() }

func entry(pc uintptr) uintptr {
	if f := runtime.FuncForPC(pc); f != nil {
		return f.Entry()
	}
	return 0
}

// pointer converts an address outside of the heap to a pointer.
func pointer(address uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&address)) }
