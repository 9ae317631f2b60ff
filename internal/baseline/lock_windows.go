package baseline

import (
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
)

// tryLock locks a file in the temporary folder that is named after the path.
func tryLock(path string) (unlock func(), busy bool, err error) {
	name := fnv.New64a()
	name.Write([]byte(strings.ToLower(path)))
	f, err := os.OpenFile(filepath.Join(os.TempDir(), fmt.Sprintf("leaktest-%x.lock", name.Sum64())), os.O_CREATE|os.O_RDWR, 0o666)
	if err != nil {
		return nil, false, err
	}
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	if err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, new(windows.Overlapped)); err != nil {
		f.Close()
		return nil, err == windows.ERROR_LOCK_VIOLATION, err
	}
	return func() { f.Close() }, false, nil
}
