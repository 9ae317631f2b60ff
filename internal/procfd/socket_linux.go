package procfd

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// protocol reads the socket's protocol. MPTCP, the default of Go's listeners, counts as TCP.
func (d *FD) protocol(int) int {
	protocol, err := unix.GetsockoptInt(d.Num, unix.SOL_SOCKET, unix.SO_PROTOCOL)
	switch {
	case err != nil:
		d.missing("protocol", err)
		return 0
	case protocol == unix.IPPROTO_MPTCP:
		return unix.IPPROTO_TCP
	}
	return protocol
}

// tcpStates are from include/net/tcp_states.h.
var tcpStates = [...]string{
	1: "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
	"CLOSE", "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV",
}

func (d *FD) describeTCP() {
	info, err := unix.GetsockoptTCPInfo(d.Num, unix.SOL_TCP, unix.TCP_INFO)
	switch {
	case err != nil && d.State == "":
		d.missing("state", err) // MPTCP before Linux 5.16
	case err == nil && int(info.State) < len(tcpStates):
		d.State = tcpStates[info.State]
	}
}

// describeOther describes sockets that are neither IP nor Unix sockets.
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
			d.detail("protocol " + cmp.Or(netlinkNames[protocol], strconv.Itoa(protocol)))
		}
		return
	case unix.AF_PACKET:
		d.Kind = KindPacket
	case unix.AF_VSOCK:
		d.Kind = KindVsock
	default:
		d.detail(fmt.Sprintf("family %d", family))
	}
	d.detail(sortName(sort))
}

var netlinkNames = map[int]string{
	unix.NETLINK_ROUTE:          "route",
	unix.NETLINK_SOCK_DIAG:      "sock_diag",
	unix.NETLINK_NETFILTER:      "netfilter",
	unix.NETLINK_KOBJECT_UEVENT: "uevent",
	unix.NETLINK_GENERIC:        "generic",
	unix.NETLINK_AUDIT:          "audit",
}

func otherAddress(sa unix.Sockaddr) string {
	switch sa := sa.(type) {
	case *unix.SockaddrVM:
		switch {
		case sa.CID != unix.VMADDR_CID_ANY:
			return fmt.Sprintf("%d:%d", sa.CID, sa.Port)
		case sa.Port != unix.VMADDR_PORT_ANY:
			return fmt.Sprintf("any:%d", sa.Port)
		}
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

// describeEnd reports whether the other end of a pipe or a connected Unix socket is closed, in any
// process. A pipe's writer then polls as an error, everything else as hung up.
func (d *FD) describeEnd() {
	closed := int16(unix.POLLHUP)
	if d.Kind == KindPipe {
		closed |= unix.POLLERR
	}
	fds := []unix.PollFd{{Fd: int32(d.Num)}}
	if _, err := unix.Poll(fds, 0); err == nil && fds[0].Revents&closed != 0 {
		d.detail("other end: closed")
	}
}

// PipeSize returns how many bytes a pipe holds. It is not positive if that is unknown.
func PipeSize(num int) int {
	size, _ := unix.FcntlInt(uintptr(num), unix.F_GETPIPE_SZ, 0)
	return size
}

// unixPeers maps the inodes of connected Unix sockets to the inodes of their peers. It asks the
// kernel over a sock_diag socket, if there is one, because an end needs no address.
func unixPeers(all []FD) map[uint64]uint64 {
	connected := func(d FD) bool { return d.Kind == KindUnix && d.State == "CONNECTED" }
	if !slices.ContainsFunc(all, connected) {
		return nil
	}
	ours.Lock()
	defer ours.Unlock()
	diag, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil
	}
	defer func() { _ = unix.Close(diag) }()
	peers := make(map[uint64]uint64)
	for _, d := range all {
		if connected(d) {
			peers[d.Of.Ino] = askPeer(diag, uint32(d.Of.Ino))
		}
	}
	return peers
}

// A peerRequest asks for the peer of a Unix socket. It is a header and struct unix_diag_req of
// include/uapi/linux/unix_diag.h.
type peerRequest struct {
	Header              unix.NlMsghdr
	Family, Protocol    uint8
	_                   uint16
	States, Inode, Show uint32
	Cookie              uint64
}

// askPeer returns the inode of the peer of a socket, 0 if there is none.
func askPeer(diag int, inode uint32) (peer uint64) {
	const showPeer = 0x4 // UDIAG_SHOW_PEER
	// The request accepts any state and any cookie.
	req := peerRequest{Family: unix.AF_UNIX, States: ^uint32(0), Inode: inode, Show: showPeer, Cookie: ^uint64(0)}
	req.Header = unix.NlMsghdr{Len: uint32(binary.Size(req)), Type: unix.SOCK_DIAG_BY_FAMILY, Flags: unix.NLM_F_REQUEST, Seq: inode}
	text, err := binary.Append(nil, binary.NativeEndian, req)
	if err != nil || unix.Sendto(diag, text, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}) != nil {
		return 0
	}
	// The kernel answers before the send returns.
	var reply [512]byte
	n, _, _ := unix.Recvfrom(diag, reply[:], unix.MSG_DONTWAIT)
	return parsePeer(reply[:max(n, 0)], inode)
}

// parsePeer reads the answer: a header, struct unix_diag_msg, and attributes. One attribute is the
// peer.
func parsePeer(reply []byte, inode uint32) (peer uint64) {
	const fixed, diagPeer = 16, 2 // UNIX_DIAG_PEER
	answers, err := syscall.ParseNetlinkMessage(reply)
	if err != nil || len(answers) == 0 {
		return 0
	}
	a := answers[0]
	if a.Header.Type != unix.SOCK_DIAG_BY_FAMILY || a.Header.Seq != inode || len(a.Data) < fixed {
		return 0
	}
	for attrs := a.Data[fixed:]; len(attrs) >= unix.SizeofRtAttr; {
		size, sort := int(binary.NativeEndian.Uint16(attrs)), binary.NativeEndian.Uint16(attrs[2:])
		switch {
		case size < unix.SizeofRtAttr || size > len(attrs):
			return 0
		case sort == diagPeer && size >= unix.SizeofRtAttr+4:
			return uint64(binary.NativeEndian.Uint32(attrs[unix.SizeofRtAttr:]))
		}
		attrs = attrs[min(len(attrs), (size+3)&^3):]
	}
	return 0
}
