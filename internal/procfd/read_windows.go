package procfd

import (
	"errors"
	"unsafe"

	"golang.org/x/sys/windows"
)

const limits = "windows: handles are counted, but not told apart"

var getProcessHandleCount = windows.NewLazySystemDLL("kernel32.dll").NewProc("GetProcessHandleCount")

func (t *Table) read() error {
	return errors.New("procfd: windows has no way to list a process's own handles; only Count works")
}

// count counts handles of all kinds: threads and events besides files and
// sockets.
func count() (n int, ok bool) {
	if getProcessHandleCount.Find() != nil {
		return 0, false
	}
	var handles uint32
	done, _, _ := getProcessHandleCount.Call(uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&handles)))
	return int(handles), done != 0
}
