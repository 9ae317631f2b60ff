package machine

import (
	"os"
	"time"
)

// Another process holds the lock for a report's lines at a time. A process that is stopped may hold
// it for ever: after patience the lines are written without the lock.
const (
	firstPause = 50 * time.Microsecond
	lastPause  = 5 * time.Millisecond
	patience   = 10 * time.Second
)

// rest lets time pass outside of package time, whose clock stands still in a synctest bubble.
var rest = sleep

// lock locks a file against other processes. It reports whether it has the lock in time.
func lock(f *os.File) bool {
	pause := firstPause
	for waited := time.Duration(0); ; waited += pause {
		locked, busy := tryLock(f)
		if locked || !busy || waited >= patience {
			return locked
		}
		pause = min(2*pause, lastPause)
		rest(pause)
	}
}
