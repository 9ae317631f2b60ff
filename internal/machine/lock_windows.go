package machine

import (
	"math"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

const nonblocking = 0

// tryLock locks one byte far behind the end of the file, because Windows would keep others from
// reading what is locked.
func tryLock(f *os.File) (locked, busy bool) {
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, farBehind())
	return err == nil, err == windows.ERROR_LOCK_VIOLATION || err == windows.ERROR_IO_PENDING
}

func unlock(f *os.File) { windows.UnlockFileEx(windows.Handle(f.Fd()), 0, 1, 0, farBehind()) }

func farBehind() *windows.Overlapped { return &windows.Overlapped{OffsetHigh: math.MaxInt32} }

func sleep(d time.Duration) { windows.SleepEx(uint32(max(d/time.Millisecond, 1)), false) }
