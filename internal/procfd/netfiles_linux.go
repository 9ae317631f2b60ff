package procfd

import (
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// A socket is a line of a file in /proc/PID/net.
type socket struct {
	kind                 Kind
	local, remote, state string
}

// sockets lists the sockets in the network namespace of the process, by inode.
func (p Process) sockets() map[uint64]socket {
	all := make(map[uint64]socket)
	for name, read := range map[string]func(fields []string) (inode string, s socket){
		"tcp": internet(KindTCP), "tcp6": internet(KindTCP), "udp": internet(KindUDP), "udp6": internet(KindUDP), "unix": unixSocket,
	} {
		var text []byte
		Unseen(func() { text, _ = os.ReadFile(p.folder("net/" + name)) }) // what is missing shows as a plain socket
		for line := range strings.Lines(string(text)) {
			inode, s := read(strings.Fields(line))
			if n, err := strconv.ParseUint(inode, 10, 64); err == nil && n != 0 {
				all[n] = s
			}
		}
	}
	return all
}

// internet reads a line of tcp, tcp6, udp or udp6:
//
//	0: 0100007F:B429 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 547498 …
func internet(kind Kind) func([]string) (string, socket) {
	return func(fields []string) (inode string, s socket) {
		if len(fields) < 10 {
			return "", s
		}
		s = socket{kind: kind, local: hexAddress(fields[1]), remote: hexAddress(fields[2])}
		if state, err := strconv.ParseUint(fields[3], 16, 8); err == nil && kind == KindTCP && int(state) < len(tcpStates) {
			s.state = tcpStates[state]
		}
		return fields[9], s
	}
}

// unixSocket reads a line of unix. The path may be missing, and may contain spaces.
//
//	00000000d5e279ba: 00000002 00000000 00010000 0001 01 5190 /run/x.sock
func unixSocket(fields []string) (inode string, s socket) {
	if len(fields) < 7 {
		return "", s
	}
	s = socket{kind: KindUnix, local: strings.Join(fields[7:], " ")}
	const accepts, connected = 1 << 16, 3 // __SO_ACCEPTCON, SS_CONNECTED
	flags, _ := strconv.ParseUint(fields[3], 16, 32)
	state, _ := strconv.ParseUint(fields[5], 16, 8)
	switch {
	case flags&accepts != 0:
		s.state = "LISTEN"
	case state == connected:
		s.state = "CONNECTED"
	}
	return fields[6], s
}

// hexAddress reads "0100007F:1F90": words in the machine's byte order, and the port. It returns ""
// for what was never bound or connected, and for text that is none.
func hexAddress(text string) string {
	words, digits, _ := strings.Cut(text, ":")
	ip, err := hex.DecodeString(words)
	port, portErr := strconv.ParseUint(digits, 16, 16)
	if err != nil || portErr != nil || len(ip) != 4 && len(ip) != 16 {
		return ""
	}
	for i := 0; i < len(ip); i += 4 { // the kernel prints each word as a number
		binary.NativeEndian.PutUint32(ip[i:], binary.BigEndian.Uint32(ip[i:]))
	}
	addr, _ := netip.AddrFromSlice(ip)
	return ipPort(addr.Unmap(), int(port))
}
