package procfd

import "io/fs"

// Kind is what sort of thing a descriptor stands for. It is one of the
// constants below, or for what Linux calls an anonymous inode of another sort,
// its name there, as "perf_event" or "bpf-map".
type Kind string

// The kinds of descriptors.
const (
	KindFile        Kind = "file"
	KindDirectory   Kind = "directory"
	KindSymlink     Kind = "symlink" // the link itself, opened with O_PATH
	KindDevice      Kind = "device"
	KindPipe        Kind = "pipe" // named ones have a path
	KindTCP         Kind = "tcp"  // MPTCP too
	KindUDP         Kind = "udp"
	KindUnix        Kind = "unix"
	KindNetlink     Kind = "netlink"
	KindPacket      Kind = "packet"
	KindVsock       Kind = "vsock"
	KindSocket      Kind = "socket" // any other
	KindEventfd     Kind = "eventfd"
	KindEpoll       Kind = "epoll"
	KindTimerfd     Kind = "timerfd"
	KindSignalfd    Kind = "signalfd"
	KindInotify     Kind = "inotify"
	KindFanotify    Kind = "fanotify"
	KindMemfd       Kind = "memfd"
	KindPidfd       Kind = "pidfd"
	KindUserfaultfd Kind = "userfaultfd"
	KindIOUring     Kind = "io_uring"
	KindNamespace   Kind = "namespace"
	KindKqueue      Kind = "kqueue"
	KindClosed      Kind = "closed" // nothing is open under the number
	KindUnknown     Kind = "unknown"
)

// FD describes an open descriptor. What does not apply is empty; what applies
// and could not be read is empty too, and named in Missing.
type FD struct {
	Num  int
	Kind Kind

	// Path of what has one; else what the operating system calls it, as
	// "pipe:[123]" or "memfd:name".
	Path string

	// Deleted is set when Path is where the file was, and no longer is.
	Deleted bool

	// Flags are the access mode and the status flags, "O_WRONLY|O_APPEND".
	// Close-on-exec is not one of them.
	Flags string

	// Mode is the type and the permissions of what is in a file system.
	Mode fs.FileMode

	// Local and Remote are a socket's addresses: "127.0.0.1:8080", "[::1]:80",
	// the path of a Unix socket, with "@" in front for abstract ones. An IPv4
	// address is shown as such on an IPv6 socket too.
	Local, Remote string

	// State is that of a connection: LISTEN, ESTABLISHED, CLOSE_WAIT … of TCP,
	// LISTEN or CONNECTED of a Unix socket.
	State string

	// Detail has more, a phrase each: "other end: 8", "watches 7, 9",
	// "process 4711 (zombie: never waited for)".
	Detail []string

	// Missing is what could not be read and why, a phrase each:
	// "fdinfo: too many open files".
	Missing []string

	Of ID
}

// Describe describes the descriptor with the given number. It never fails: what
// cannot be read is in Missing.
//
// On Linux it works with no descriptor left to open: only the details of
// eventfd, epoll, signalfd, inotify, fanotify and some of pidfd need one, for
// /proc/self/fdinfo. Nothing about the descriptor is changed, nothing is read
// from it, and no child process is waited for.
func Describe(num int) FD {
	d := FD{Num: num}
	d.describe()
	return d
}

// All describes every open descriptor, by number. It adds to Detail which of
// them belong together: the two ends of a pipe, of a TCP or UDP connection
// within the process, and, on Linux, of connected Unix sockets.
func All() ([]FD, error) {
	var t Table
	if err := t.Read(); err != nil {
		return nil, err
	}
	all := make([]FD, 0, len(t.Entries))
	for _, e := range t.Entries {
		if d := Describe(e.Num); d.Kind != KindClosed {
			all = append(all, d)
		}
	}
	relate(all)
	return all, nil
}

func (d *FD) detail(phrase string) { d.Detail = append(d.Detail, phrase) }

func (d *FD) missing(what string, err error) {
	d.Missing = append(d.Missing, what+": "+err.Error())
}
