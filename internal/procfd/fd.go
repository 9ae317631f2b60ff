package procfd

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Kind is a sort of descriptor: one of the constants, or Linux's name for another sort of anonymous
// inode, such as "perf_event" or "bpf-map".
type Kind string

const (
	KindFile      Kind = "file"
	KindDirectory Kind = "directory"
	KindSymlink   Kind = "symlink" // the link itself, opened with O_PATH
	KindDevice    Kind = "device"
	KindPipe      Kind = "pipe" // a named pipe has a path
	KindTCP       Kind = "tcp"  // also MPTCP
	KindUDP       Kind = "udp"
	KindUnix      Kind = "unix"
	KindNetlink   Kind = "netlink"
	KindPacket    Kind = "packet"
	KindVsock     Kind = "vsock"
	KindSocket    Kind = "socket" // any other socket
	KindEventfd   Kind = "eventfd"
	KindEpoll     Kind = "epoll"
	KindTimerfd   Kind = "timerfd"
	KindSignalfd  Kind = "signalfd"
	KindInotify   Kind = "inotify"
	KindFanotify  Kind = "fanotify"
	KindMemfd     Kind = "memfd"
	KindPidfd     Kind = "pidfd"
	KindNamespace Kind = "namespace"
	KindKqueue    Kind = "kqueue"
	KindClosed    Kind = "closed" // nothing is open under the number
	KindUnknown   Kind = "unknown"
)

var Sockets = []Kind{KindTCP, KindUDP, KindUnix, KindNetlink, KindPacket, KindVsock, KindSocket}

// FD describes an open descriptor; fdassert.FD documents the fields.
type FD struct {
	Num           int
	Kind          Kind
	Path          string
	Deleted       bool
	Flags         string
	Mode          fs.FileMode
	Local, Remote string
	State         string
	Detail        []string
	Missing       []string

	Of ID
}

// Describe describes the descriptor with the given number. Missing lists what can't be read.
// Describe changes nothing, reads nothing from the descriptor, and reaps no child process.
func Describe(num int) FD {
	d := FD{Num: num}
	d.describe()
	return d
}

// All describes every open descriptor, by number. Detail also says which of them are two ends of
// one pipe, of one TCP or UDP connection or, on Linux, of one pair of Unix sockets.
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

// missing records why something could not be read, without the path, which the number implies.
func (d *FD) missing(what string, err error) {
	if of := (*fs.PathError)(nil); errors.As(err, &of) {
		err = of.Err
	}
	d.Missing = append(d.Missing, what+": "+err.Error())
}

// list formats numbers for a line: "7, 9".
func list(nums []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(nums), " ", ", "), "[]")
}

// An end identifies one side of a pipe or a connection.
type end struct {
	kind          Kind
	id            ID
	local, remote string
}

// ends returns a descriptor's own end and its other end. ok is false if it has none. peers holds
// the inodes of connected Unix sockets.
func (d *FD) ends(peers map[uint64]uint64) (own, other end, ok bool) {
	switch d.Kind {
	case KindPipe:
		own = end{kind: KindPipe, id: d.Of}
		return own, own, true
	case KindTCP, KindUDP:
		return end{d.Kind, ID{}, d.Local, d.Remote}, end{d.Kind, ID{}, d.Remote, d.Local}, d.Local != "" && d.Remote != ""
	case KindUnix:
		return end{kind: KindUnix, id: ID{Ino: d.Of.Ino}}, end{kind: KindUnix, id: ID{Ino: peers[d.Of.Ino]}}, true
	}
	return end{}, end{}, false
}

// relate adds to Detail which descriptors are the other ends of each other.
func relate(all []FD) {
	peers := unixPeers(all)
	open := make(map[end][]*FD)
	for i := range all {
		if own, _, ok := all[i].ends(peers); ok {
			open[own] = append(open[own], &all[i])
		}
	}
	for i := range all {
		d := &all[i]
		_, other, _ := d.ends(peers)
		var nums []int
		for _, o := range open[other] {
			if o.Num != d.Num && (d.Kind != KindPipe || d.faces(o)) { // a socket may be connected to itself
				nums = append(nums, o.Num)
			}
		}
		if len(nums) > 0 {
			d.detail("other end: " + list(nums))
		}
	}
}

// faces reports whether, of two descriptors of a pipe, one reads what the other writes.
func (d *FD) faces(o *FD) bool {
	access, _, _ := strings.Cut(d.Flags, "|")
	its, _, _ := strings.Cut(o.Flags, "|")
	return access != its || access == "O_RDWR"
}
