//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package baseline

import (
	"os"
	"path/filepath"
	"syscall"
)

// tryLock locks the folder of the file: a file of its own for the lock would stay there.
func tryLock(path string) (unlock func(), busy bool, err error) {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return nil, false, err
	}
	if err := syscall.Flock(int(dir.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		dir.Close()
		return nil, err == syscall.EWOULDBLOCK || err == syscall.EINTR, err
	}
	return func() { dir.Close() }, false, nil
}
