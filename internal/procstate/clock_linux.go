package procstate

import (
	"time"

	"golang.org/x/sys/unix"
)

// Clock returns the time of a clock of the kernel that only rises. In a bubble of testing/synctest the
// clock of package time stands still; this one does not.
func Clock() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) // it can't fail
	return time.Duration(t.Nano())
}

// Worked returns how long this process and those that it has waited for have used a processor.
func Worked() (d time.Duration) {
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var u unix.Rusage
		_ = unix.Getrusage(who, &u) // it can't fail
		d += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return d
}
