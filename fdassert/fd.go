package fdassert

import (
	"io/fs"

	"github.com/leakassert/leakassert/internal/fdprobe"
	"github.com/leakassert/leakassert/internal/procfd"
)

// FD describes an open descriptor. A field that does not apply is empty. A field that
// applies and could not be read is empty, too, and Missing names it. An FD is the Resource
// of a leaktest.Leak of kind "fd".
type FD struct {
	Num  int // the descriptor's number
	Kind Kind

	// Path is the path of the file, or the name that the operating system gives
	// something without a path: "pipe:[123]", "memfd:name".
	Path string

	// Deleted reports that the file at Path was removed.
	Deleted bool

	// Flags are the access mode and the status flags: "O_WRONLY|O_APPEND".
	// Close-on-exec is not one of them.
	Flags string

	// Mode is the type and the permissions of a file.
	Mode fs.FileMode

	// Local and Remote are a socket's addresses: "127.0.0.1:8080", "[::1]:80",
	// the path of a Unix socket, with "@" in front for abstract ones. An IPv4
	// address on an IPv6 socket is shown as an IPv4 address.
	Local, Remote string

	// State is the state of a connection: LISTEN, ESTABLISHED, CLOSE_WAIT … for TCP,
	// LISTEN or CONNECTED for a Unix socket.
	State string

	// Detail has further facts, one phrase each: "other end: 8", "watches 7, 9",
	// "process 4711 (zombie: never waited for)".
	Detail []string

	// Missing says what could not be read and why, one phrase each:
	// "fdinfo: too many open files".
	Missing []string
}

// A Kind is a sort of descriptor. It is one of the constants below, or the name that Linux
// has for an anonymous inode of another sort: "perf_event", "bpf-map".
type Kind string

// The kinds of descriptors.
const (
	File        Kind = "file"
	Directory   Kind = "directory"
	Symlink     Kind = "symlink" // the link itself, opened with O_PATH
	Device      Kind = "device"
	Pipe        Kind = "pipe" // named ones have a path
	TCP         Kind = "tcp"  // MPTCP too
	UDP         Kind = "udp"
	Unix        Kind = "unix"
	Netlink     Kind = "netlink"
	Packet      Kind = "packet"
	Vsock       Kind = "vsock"
	Socket      Kind = "socket" // any other
	Eventfd     Kind = "eventfd"
	Epoll       Kind = "epoll"
	Timerfd     Kind = "timerfd"
	Signalfd    Kind = "signalfd"
	Inotify     Kind = "inotify"
	Fanotify    Kind = "fanotify"
	Memfd       Kind = "memfd"
	Pidfd       Kind = "pidfd"
	Userfaultfd Kind = "userfaultfd"
	IOUring     Kind = "io_uring"
	Namespace   Kind = "namespace"
	Kqueue      Kind = "kqueue"
	Unknown     Kind = "unknown"
)

func describe(d procfd.FD) FD {
	return FD{
		Num: d.Num, Kind: Kind(d.Kind), Path: d.Path, Deleted: d.Deleted, Flags: d.Flags, Mode: d.Mode,
		Local: d.Local, Remote: d.Remote, State: d.State, Detail: d.Detail, Missing: d.Missing,
	}
}

func init() { fdprobe.Public = func(d procfd.FD) any { return describe(d) } }
