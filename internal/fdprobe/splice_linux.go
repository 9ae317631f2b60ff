package fdprobe

import (
	"strings"

	"golang.org/x/sys/unix"

	"github.com/leakassert/leakassert/internal/procfd"
)

// isSplicePipe reports whether a descriptor is an end of a pipe that the runtime
// keeps for copying from one connection to another: both ends are ours and do
// not block, and it holds 1 MiB. They are in a sync.Pool, so that nobody can
// close them but the garbage collector.
func isSplicePipe(e procfd.Entry, d procfd.FD, now *procfd.Table) bool {
	if d.Kind != procfd.KindPipe || !strings.Contains(d.Flags, "O_NONBLOCK") {
		return false
	}
	if size, err := unix.FcntlInt(uintptr(e.Num), unix.F_GETPIPE_SZ, 0); err != nil || size != 1<<20 {
		return false
	}
	ends := 0
	for _, o := range now.Entries {
		if o.ID == e.ID {
			ends++
		}
	}
	return ends == 2
}
