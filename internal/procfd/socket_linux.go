package procfd

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// protocol reads the socket's protocol; known is false for others than TCP,
// MPTCP (which Go's listeners are by default) and UDP.
func (d *FD) protocol(sort int) (protocol int, known bool) {
	protocol, err := unix.GetsockoptInt(d.Num, unix.SOL_SOCKET, unix.SO_PROTOCOL)
	if err != nil {
		d.missing("protocol", err)
		return 0, false
	}
	switch protocol {
	case unix.IPPROTO_TCP, unix.IPPROTO_MPTCP:
		return protocol, sort == unix.SOCK_STREAM
	case unix.IPPROTO_UDP:
		return protocol, sort == unix.SOCK_DGRAM
	}
	return protocol, false
}

// tcpStates are the names of the kernel's numbers, from
// include/net/tcp_states.h.
var tcpStates = [...]string{
	1: "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
	"CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV",
}

func (d *FD) describeTCP() {
	info, err := unix.GetsockoptTCPInfo(d.Num, unix.SOL_TCP, unix.TCP_INFO)
	switch {
	case err != nil && d.listens():
		d.State = "LISTEN"
	case err != nil:
		d.missing("state", err) // MPTCP before Linux 5.16
	case int(info.State) < len(tcpStates):
		d.State = tcpStates[info.State]
	}
}

// describeOther describes sockets that are neither IP nor Unix.
func (d *FD) describeOther(sort int) {
	family, err := unix.GetsockoptInt(d.Num, unix.SOL_SOCKET, unix.SO_DOMAIN)
	if err != nil {
		d.missing("family", err)
		return
	}
	switch family {
	case unix.AF_NETLINK:
		d.Kind = KindNetlink
		if protocol, err := unix.GetsockoptInt(d.Num, unix.SOL_SOCKET, unix.SO_PROTOCOL); err == nil {
			d.detail("protocol " + netlinkName(protocol))
		}
		return
	case unix.AF_PACKET:
		d.Kind = KindPacket
	case unix.AF_VSOCK:
		d.Kind = KindVsock
		if d.listens() {
			d.State = "LISTEN"
		}
	default:
		d.detail(fmt.Sprintf("family %d", family))
	}
	d.detail(sortName(sort))
}

func netlinkName(protocol int) string {
	switch protocol {
	case unix.NETLINK_ROUTE:
		return "route"
	case unix.NETLINK_SOCK_DIAG:
		return "sock_diag"
	case unix.NETLINK_NETFILTER:
		return "netfilter"
	case unix.NETLINK_KOBJECT_UEVENT:
		return "uevent"
	case unix.NETLINK_GENERIC:
		return "generic"
	case unix.NETLINK_AUDIT:
		return "audit"
	}
	return fmt.Sprint(protocol)
}

func otherAddress(sa unix.Sockaddr) string {
	switch sa := sa.(type) {
	case *unix.SockaddrVM:
		if sa.CID == unix.VMADDR_CID_ANY && sa.Port == unix.VMADDR_PORT_ANY {
			return ""
		}
		if sa.CID == unix.VMADDR_CID_ANY {
			return fmt.Sprintf("any:%d", sa.Port)
		}
		return fmt.Sprintf("%d:%d", sa.CID, sa.Port)
	case *unix.SockaddrLinklayer:
		if sa.Ifindex != 0 {
			return fmt.Sprintf("interface %d", sa.Ifindex)
		}
	case *unix.SockaddrNetlink:
		if sa.Pid != 0 {
			return fmt.Sprintf("port %d", sa.Pid)
		}
	}
	return ""
}

// describeHangup tells whether a connected Unix socket's peer has closed.
func (d *FD) describeHangup() {
	if d.polled()&unix.POLLHUP != 0 {
		d.detail("other end: closed")
	}
}

// describePipe tells whether the pipe's other end is closed, wherever it was:
// a writer without readers polls as an error, a reader without writers as hung
// up.
func (d *FD) describePipe() {
	if d.polled()&(unix.POLLERR|unix.POLLHUP) != 0 {
		d.detail("other end: closed")
	}
}

// polled polls the descriptor for nothing, which reports what always is.
func (d *FD) polled() int16 {
	fds := []unix.PollFd{{Fd: int32(d.Num)}}
	if n, err := unix.Poll(fds, 0); n <= 0 || err != nil || fds[0].Revents&unix.POLLNVAL != 0 {
		return 0
	}
	return fds[0].Revents
}
