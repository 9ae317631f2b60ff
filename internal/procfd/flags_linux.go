package procfd

import "golang.org/x/sys/unix"

// O_LARGEFILE and O_DIRECTORY are left out: the one is on everything, and the
// other is what Kind says.
var moreFlags = []flag{
	{unix.O_DSYNC, "O_DSYNC"}, // part of O_SYNC
	{unix.O_DIRECT, "O_DIRECT"},
	{unix.O_NOATIME, "O_NOATIME"},
	{unix.O_PATH, "O_PATH"},
	{unix.O_TMPFILE, "O_TMPFILE"},
}
