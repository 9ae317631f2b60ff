package baseline

import (
	"fmt"
	"time"
)

// patience is how long a process waits for another one that writes the same file.
const patience = 10 * time.Second

// lock locks a file against other processes that call it. Where the system has no lock that ends with
// its process (AIX, Plan 9, Solaris, WebAssembly), it locks nothing.
func lock(path string) (unlock func(), err error) {
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		unlock, busy, err := tryLock(path)
		switch {
		case err == nil:
			return unlock, nil
		case !busy:
			return nil, fmt.Errorf("%s can't be locked: %w", path, err)
		case time.Since(began) > patience:
			return nil, fmt.Errorf("%s: another process has had it locked for %v: run again when it has ended", path, patience)
		}
	}
}
