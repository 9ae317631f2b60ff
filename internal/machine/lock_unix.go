//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package machine

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// nonblocking keeps the opening of a named pipe from waiting for a reader.
const nonblocking = unix.O_NONBLOCK

func tryLock(f *os.File) (locked, busy bool) {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	return err == nil, err == unix.EWOULDBLOCK || err == unix.EINTR
}

func unlock(f *os.File) { unix.Flock(int(f.Fd()), unix.LOCK_UN) }

func sleep(d time.Duration) {
	tv := unix.NsecToTimeval(int64(d))
	unix.Select(0, nil, nil, nil, &tv)
}
