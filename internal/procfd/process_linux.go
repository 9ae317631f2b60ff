package procfd

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A Process is another process whose descriptors are read from /proc, by its process id.
type Process int

func (p Process) folder(name string) string { return "/proc/" + strconv.Itoa(int(p)) + "/" + name }

// Read fills the table with what the process has open. The table has each descriptor that is open
// all the time, whatever the process opens and closes meanwhile.
func (p Process) Read(t *Table) error {
	t.Entries, t.young = t.Entries[:0], nil // handles can be asked of own descriptors only
	var list []fs.DirEntry
	var err error
	Unseen(func() { list, err = os.ReadDir(p.folder("fd")) })
	if err != nil {
		return err
	}
	for _, e := range list {
		num, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if id, open := p.id(num); open {
			t.Entries = append(t.Entries, Entry{num, id})
		}
	}
	slices.SortFunc(t.Entries, func(a, b Entry) int { return cmp.Compare(a.Num, b.Num) })
	return nil
}

// id follows the link of a descriptor, which leads to the open file even if its name is gone.
func (p Process) id(num int) (id ID, open bool) {
	path := p.folder("fd/") + strconv.Itoa(num)
	var st unix.Statx_t
	err := unix.Statx(unix.AT_FDCWD, path, unix.AT_STATX_DONT_SYNC, unix.STATX_TYPE|unix.STATX_INO|unix.STATX_BTIME, &st)
	if err == nil {
		id = ID{Dev: unix.Mkdev(st.Dev_major, st.Dev_minor), Ino: st.Ino, Type: typeOf(uint32(st.Mode), unix.Mkdev(st.Rdev_major, st.Rdev_minor))}
		if st.Mask&unix.STATX_BTIME != 0 {
			id.Born = st.Btime.Sec*1e9 + int64(st.Btime.Nsec)
		}
		return id, true
	}
	var old unix.Stat_t
	if unix.Stat(path, &old) == nil { // a kernel or a seccomp filter without statx
		return idOf(&old), true
	}
	return ID{}, !errors.Is(err, fs.ErrNotExist)
}

// Describe describes descriptors of the process. One that has another identity by now is closed.
// Sockets are looked up by inode in /proc/PID/net, as their options can't be asked from outside.
func (p Process) Describe(entries []Entry) []FD {
	all := make([]FD, 0, len(entries))
	var sockets map[uint64]socket
	for _, e := range entries {
		d := FD{Num: e.Num, Of: e.ID}
		if id, open := p.id(e.Num); !open || id != e.ID {
			d.Kind = KindClosed
		} else if p.describe(&d); d.Kind == KindSocket {
			if sockets == nil {
				sockets = p.sockets()
			}
			p.describeSocket(&d, sockets)
		}
		all = append(all, d)
	}
	return all
}

func (p Process) describe(d *FD) {
	var st unix.Stat_t
	if err := unix.Stat(p.folder("fd/")+strconv.Itoa(d.Num), &st); err != nil {
		d.missing("type", err)
	}
	d.Kind = cmp.Or(fileTypes[uint32(st.Mode)&unix.S_IFMT].kind, KindUnknown)
	info := d.fdinfoIn(p.folder("fdinfo"))
	if flags, err := strconv.ParseInt(cmp.Or(info["flags"]...), 8, 64); err == nil {
		d.Flags = flagNames(int(flags))
	}
	d.name(p.folder("fd"), &st, func() bool { return true })
	switch d.Kind {
	case KindFile, KindDirectory, KindSymlink, KindDevice:
		d.Mode = fileMode(uint32(st.Mode))
	case KindPipe:
		if strings.HasPrefix(d.Path, "/") {
			d.Mode = fileMode(uint32(st.Mode))
		}
	case KindEventfd, KindEpoll, KindSignalfd, KindInotify, KindFanotify:
		d.describeFdinfo(info)
	case KindPidfd:
		if pid := cmp.Or(info["Pid"]...); pid == "-1" {
			d.detail("process has ended and was waited for")
		} else if pid != "" && pid != "0" {
			d.detail("process " + pid)
		}
	}
}

// describeSocket fills in what /proc/PID/net says. A listener of MPTCP, which Go uses for TCP, is
// not listed there. Its protocol is still known.
func (p Process) describeSocket(d *FD, sockets map[uint64]socket) {
	if s, ok := sockets[d.Of.Ino]; ok {
		d.Kind, d.Local, d.Remote, d.State = s.kind, s.local, s.remote, s.state
		return
	}
	var name [32]byte
	n, err := unix.Getxattr(p.folder("fd/")+strconv.Itoa(d.Num), "system.sockprotoname", name[:])
	if err != nil {
		d.missing("protocol", err)
		return
	}
	protocol := strings.TrimRight(string(name[:n]), "\x00")
	switch strings.TrimSuffix(protocol, "v6") {
	case "TCP", "MPTCP":
		d.Kind = KindTCP
	case "UDP":
		d.Kind = KindUDP
	case "UNIX", "UNIX-STREAM":
		d.Kind = KindUnix
	case "NETLINK":
		d.Kind = KindNetlink
	case "PACKET":
		d.Kind = KindPacket
	default:
		d.detail("protocol " + protocol)
	}
}

// PipeSize returns how many bytes a pipe of the process holds, 0 if that can't be asked. It opens the
// pipe for a moment.
func (p Process) PipeSize(num int) (size int) {
	Unseen(func() {
		if own, err := unix.Open(p.folder("fd/")+strconv.Itoa(num), unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0); err == nil {
			size = PipeSize(own)
			_ = unix.Close(own)
		}
	})
	return size
}
