//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package procfd

import (
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

func (d *FD) describeSocket() {
	sort, err := unix.GetsockoptInt(d.Num, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		d.missing("socket", err) // as for O_PATH, which opens a socket's file and no socket
		return
	}
	local, err := unix.Getsockname(d.Num)
	if err != nil && err != unix.EAFNOSUPPORT {
		d.missing("local address", err)
	}
	remote, err := unix.Getpeername(d.Num)
	connected := err == nil
	d.Local, d.Remote = address(local), address(remote)

	switch local.(type) {
	case *unix.SockaddrInet4, *unix.SockaddrInet6:
		d.describeInternet(sort)
	case *unix.SockaddrUnix:
		d.describeUnix(sort, connected)
	default:
		d.describeOther(sort)
	}
}

// describeInternet tells TCP and UDP from what else runs over IP.
func (d *FD) describeInternet(sort int) {
	protocol, known := d.protocol(sort)
	switch {
	case !known:
		if sort == unix.SOCK_RAW {
			d.Local, d.Remote = withoutPort(d.Local), withoutPort(d.Remote)
		}
		d.Detail = append(d.Detail, sortName(sort), "protocol "+strconv.Itoa(protocol))
	case sort == unix.SOCK_STREAM:
		d.Kind = KindTCP
		d.describeTCP()
	case sort == unix.SOCK_DGRAM:
		d.Kind = KindUDP
	}
}

// withoutPort takes off what is the protocol's number on a raw socket.
func withoutPort(addr string) string {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil || ap.Addr().IsUnspecified() {
		return ""
	}
	return ap.Addr().String()
}

func (d *FD) describeUnix(sort int, connected bool) {
	d.Kind = KindUnix
	if sort != unix.SOCK_STREAM {
		d.detail(sortName(sort))
	}
	switch {
	case d.listens():
		d.State = "LISTEN"
	case connected:
		d.State = "CONNECTED"
		d.describeHangup()
	}
}

// listens tells whether the socket accepts connections.
func (d *FD) listens() bool {
	v, err := unix.GetsockoptInt(d.Num, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	return err == nil && v != 0
}

func sortName(sort int) string {
	switch sort {
	case unix.SOCK_STREAM:
		return "stream"
	case unix.SOCK_DGRAM:
		return "datagram"
	case unix.SOCK_SEQPACKET:
		return "seqpacket"
	case unix.SOCK_RAW:
		return "raw"
	}
	return "socket type " + strconv.Itoa(sort)
}

// address is "" for none: a socket that was never bound has the address and the
// port zero, or the empty path.
func address(sa unix.Sockaddr) string {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return ipPort(netip.AddrFrom4(sa.Addr), sa.Port)
	case *unix.SockaddrInet6:
		ip := netip.AddrFrom16(sa.Addr)
		if sa.ZoneId != 0 {
			// Its name would take a socket to ask for.
			ip = ip.WithZone(strconv.FormatUint(uint64(sa.ZoneId), 10))
		}
		return ipPort(ip.Unmap(), sa.Port)
	case *unix.SockaddrUnix:
		if sa.Name == "@" {
			return "" // how a name of no bytes at all arrives here
		}
		return sa.Name
	}
	return otherAddress(sa)
}

func ipPort(ip netip.Addr, port int) string {
	if ip.IsUnspecified() && port == 0 {
		return ""
	}
	return netip.AddrPortFrom(ip, uint16(port)).String()
}
