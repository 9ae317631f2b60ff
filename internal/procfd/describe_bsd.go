//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package procfd

import "golang.org/x/sys/unix"

var moreFlags []flag

// protocol takes it that a stream is TCP and datagrams are UDP, which is so
// unless another protocol was asked for by number.
func (d *FD) protocol(sort int) (protocol int, known bool) {
	return 0, sort == unix.SOCK_STREAM || sort == unix.SOCK_DGRAM
}

func (d *FD) describeTCP() {
	switch {
	case d.listens():
		d.State = "LISTEN"
	case d.Remote != "":
		d.State = "CONNECTED" // which of TCP's states that is takes other calls on each system
	}
}

func (d *FD) describeOther(sort int) { d.detail(sortName(sort)) }

// describePipe finds kqueues among what fstat calls a pipe. Only a kqueue can
// be asked for no events at all.
func (d *FD) describePipe() {
	if _, err := unix.Kevent(d.Num, nil, nil, &unix.Timespec{}); err == nil {
		d.Kind, d.Mode = KindKqueue, 0
	}
}

// describeAnonymous finds kqueues where fstat knows no type for them.
func (d *FD) describeAnonymous() {
	if d.Kind == KindUnknown {
		d.describePipe()
	}
}

func (d *FD) describeHangup() {}

func otherAddress(unix.Sockaddr) string { return "" }
