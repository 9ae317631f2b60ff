package procfd

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// unixPeers finds, for Unix sockets among all, the descriptors of the sockets
// that they are connected to, both as indexes into all. Addresses do not tell:
// one end of a connection, and both of a socketpair, have none. The kernel
// tells over a sock_diag socket; where there is none to be had, nothing is
// known.
func unixPeers(all []FD) map[int][]int {
	open := make(map[uint64][]int) // by inode
	for i, d := range all {
		if d.Kind == KindUnix {
			open[d.Of.Ino] = append(open[d.Of.Ino], i)
		}
	}
	if len(open) < 2 {
		return nil
	}
	ours.Lock()
	defer ours.Unlock()
	diag, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil
	}
	defer func() { _ = unix.Close(diag) }()

	peers := make(map[int][]int)
	for i, d := range all {
		if d.Kind != KindUnix || d.State != "CONNECTED" {
			continue
		}
		if peer, ok := askPeer(diag, uint32(d.Of.Ino)); ok {
			peers[i] = open[uint64(peer)]
		}
	}
	return peers
}

// From include/uapi/linux/sock_diag.h and unix_diag.h.
const (
	sockDiagByFamily = 20
	diagShowPeer     = 0x4
	diagPeer         = 2
)

// askPeer asks for the inode of the socket that the one with the given inode is
// connected to.
func askPeer(diag int, inode uint32) (peer uint32, ok bool) {
	const size = unix.SizeofNlMsghdr + 24 // struct unix_diag_req
	var req [size]byte
	put16, put32 := binary.NativeEndian.PutUint16, binary.NativeEndian.PutUint32
	put32(req[0:], size)
	put16(req[4:], sockDiagByFamily)
	put16(req[6:], unix.NLM_F_REQUEST)
	put32(req[8:], inode)       // the sequence number, which comes back
	req[16] = unix.AF_UNIX      // sdiag_family
	put32(req[20:], ^uint32(0)) // udiag_states: any
	put32(req[24:], inode)
	put32(req[28:], diagShowPeer)
	put32(req[32:], ^uint32(0)) // udiag_cookie: any
	put32(req[36:], ^uint32(0))
	if err := unix.Sendto(diag, req[:], 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return 0, false
	}
	// The kernel has answered before it returns from sending.
	var reply [512]byte
	n, _, err := unix.Recvfrom(diag, reply[:], unix.MSG_DONTWAIT)
	if err != nil {
		return 0, false
	}
	return parsePeer(reply[:n], inode)
}

// parsePeer reads the answer: a header, struct unix_diag_msg, and attributes,
// of which one is the peer.
func parsePeer(reply []byte, inode uint32) (peer uint32, ok bool) {
	get16, get32 := binary.NativeEndian.Uint16, binary.NativeEndian.Uint32
	const fixed = unix.SizeofNlMsghdr + 16
	if len(reply) < fixed || get16(reply[4:]) != sockDiagByFamily || get32(reply[8:]) != inode {
		return 0, false
	}
	if size := get32(reply); size >= fixed && uint64(size) < uint64(len(reply)) {
		reply = reply[:size]
	}
	for attrs := reply[fixed:]; len(attrs) >= unix.SizeofRtAttr; {
		size, sort := int(get16(attrs)), get16(attrs[2:])
		if size < unix.SizeofRtAttr || size > len(attrs) {
			return 0, false
		}
		if sort == diagPeer && size >= unix.SizeofRtAttr+4 {
			return get32(attrs[unix.SizeofRtAttr:]), true
		}
		attrs = attrs[min(len(attrs), (size+3)&^3):]
	}
	return 0, false
}
