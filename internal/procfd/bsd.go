//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package procfd

import "golang.org/x/sys/unix"

// walkAll asks numbers until a long row of them is unused, because nothing says how many are open.
// It does not walk up to the limit of descriptors, which may be in the millions.
func (t *Table) walkAll() {
	const longRow = 1024
	t.walk(0, func(_, row int) bool { return row >= longRow })
}

type stat struct{}

func (stat) id(num int, id *ID) (open bool) { return fstatID(num, id) }

var moreFlags []flag

// protocol assumes that a stream is TCP and that datagrams are UDP. That is so unless another
// protocol was requested by number.
func (d *FD) protocol(sort int) int {
	return map[int]int{unix.SOCK_STREAM: unix.IPPROTO_TCP, unix.SOCK_DGRAM: unix.IPPROTO_UDP}[sort]
}

func (d *FD) describeTCP() {
	if d.State == "" && d.Remote != "" {
		d.State = "CONNECTED" // each system has its own call for TCP's states
	}
}

func (d *FD) describeOther(sort int) { d.detail(sortName(sort)) }

// describeEnd finds kqueues among what fstat calls a pipe. Only a kqueue accepts a request for no
// events.
func (d *FD) describeEnd() {
	if _, err := unix.Kevent(d.Num, nil, nil, &unix.Timespec{}); err == nil {
		d.Kind, d.Mode = KindKqueue, 0
	}
}

// describeAnonymous finds kqueues on systems whose fstat has no type for them.
func (d *FD) describeAnonymous() {
	if d.Kind == KindUnknown {
		d.describeEnd()
	}
}

func otherAddress(unix.Sockaddr) string { return "" }
