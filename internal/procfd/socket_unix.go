//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package procfd

import (
	"cmp"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

func (d *FD) describeSocket() {
	sort, err := unix.GetsockoptInt(d.Num, unix.SOL_SOCKET, unix.SO_TYPE)
	if err != nil {
		d.missing("socket", err) // for example with O_PATH, which opens a socket's file but no socket
		return
	}
	local, err := unix.Getsockname(d.Num)
	if err != nil && err != unix.EAFNOSUPPORT {
		d.missing("local address", err)
	}
	remote, err := unix.Getpeername(d.Num)
	connected := err == nil
	d.Local, d.Remote = address(local), address(remote)
	listens, err := unix.GetsockoptInt(d.Num, unix.SOL_SOCKET, unix.SO_ACCEPTCONN)
	if err == nil && listens != 0 {
		d.State = "LISTEN"
	}

	switch local.(type) {
	case *unix.SockaddrInet4, *unix.SockaddrInet6:
		d.describeInternet(sort)
	case *unix.SockaddrUnix:
		d.Kind = KindUnix
		if sort != unix.SOCK_STREAM {
			d.detail(sortName(sort))
		}
		if d.State == "" && connected {
			d.State = "CONNECTED"
			d.describeEnd()
		}
	default:
		d.describeOther(sort)
	}
}

// describeInternet distinguishes TCP and UDP from other protocols over IP.
func (d *FD) describeInternet(sort int) {
	switch protocol := d.protocol(sort); {
	case sort == unix.SOCK_STREAM && protocol == unix.IPPROTO_TCP:
		d.Kind = KindTCP
		d.describeTCP()
	case sort == unix.SOCK_DGRAM && protocol == unix.IPPROTO_UDP:
		d.Kind = KindUDP
	default:
		if sort == unix.SOCK_RAW {
			d.Local, d.Remote = withoutPort(d.Local), withoutPort(d.Remote)
		}
		d.Detail = append(d.Detail, sortName(sort), "protocol "+strconv.Itoa(protocol))
	}
}

// withoutPort removes the port of a raw socket, which is really the protocol's number.
func withoutPort(addr string) string {
	ap, err := netip.ParseAddrPort(addr)
	if err != nil || ap.Addr().IsUnspecified() {
		return ""
	}
	return ap.Addr().String()
}

var sortNames = map[int]string{
	unix.SOCK_STREAM:    "stream",
	unix.SOCK_DGRAM:     "datagram",
	unix.SOCK_SEQPACKET: "seqpacket",
	unix.SOCK_RAW:       "raw",
}

func sortName(sort int) string {
	return cmp.Or(sortNames[sort], "socket type "+strconv.Itoa(sort))
}

// address returns "" if there is none. A socket that was never bound has the address and the port
// zero, or the empty path.
func address(sa unix.Sockaddr) string {
	switch sa := sa.(type) {
	case *unix.SockaddrInet4:
		return ipPort(netip.AddrFrom4(sa.Addr), sa.Port)
	case *unix.SockaddrInet6:
		ip := netip.AddrFrom16(sa.Addr)
		if sa.ZoneId != 0 {
			// Looking up its name would need a socket.
			ip = ip.WithZone(strconv.FormatUint(uint64(sa.ZoneId), 10))
		}
		return ipPort(ip.Unmap(), sa.Port)
	case *unix.SockaddrUnix:
		if sa.Name == "@" {
			return "" // an empty name arrives as "@"
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
