package procfd_test

import (
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/leakassert/leakassert/internal/procfd"
)

// socketIs compares what is of sockets only.
func socketIs(t testing.TB, num int, want procfd.FD) {
	t.Helper()
	got := procfd.Describe(num)
	assert.Regexp(t, `^socket:\[\d+\]$`, got.Path)
	assert.NotZero(t, got.Of)
	want.Num = num
	assert.Empty(t, cmp.Diff(want, got, cmpopts.IgnoreFields(procfd.FD{}, "Path", "Flags", "Of")))
}

// connection makes a TCP connection and returns the numbers of its two ends.
func connection(t testing.TB, network, at string) (listener, client, server int, addr, from string) {
	t.Helper()
	l, err := net.Listen(network, at)
	if err != nil {
		t.Skip(err) // no IPv6
	}
	t.Cleanup(func() { _ = l.Close() })
	c, err := net.Dial(network, l.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	s, err := l.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	return number(t, l), number(t, c), number(t, s), l.Addr().String(), c.LocalAddr().String()
}

// number is the descriptor of a connection or listener.
func number(t testing.TB, conn any) (num int) {
	t.Helper()
	raw, err := conn.(interface {
		SyscallConn() (syscall.RawConn, error)
	}).SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Control(func(fd uintptr) { num = int(fd) }))
	return num
}

func TestDescribeTCP(t *testing.T) {
	for network, at := range map[string]string{"tcp4": "127.0.0.1:0", "tcp6": "[::1]:0"} {
		t.Run(network, func(t *testing.T) {
			listener, client, server, addr, from := connection(t, network, at)
			socketIs(t, listener, procfd.FD{Kind: procfd.KindTCP, Local: addr, State: "LISTEN"})
			socketIs(t, client, procfd.FD{Kind: procfd.KindTCP, Local: from, Remote: addr, State: "ESTABLISHED"})
			socketIs(t, server, procfd.FD{Kind: procfd.KindTCP, Local: addr, Remote: from, State: "ESTABLISHED"})

			require.NoError(t, unix.Shutdown(client, unix.SHUT_WR))
			_, err := unix.Poll([]unix.PollFd{{Fd: int32(server), Events: unix.POLLRDHUP}}, -1)
			require.NoError(t, err)
			assert.Regexp(t, "^FIN_WAIT[12]$", procfd.Describe(client).State)
			assert.Equal(t, "CLOSE_WAIT", procfd.Describe(server).State)
		})
	}
	t.Run("both families", func(t *testing.T) {
		l, err := net.Listen("tcp", ":0")
		require.NoError(t, err)
		defer func() { _ = l.Close() }()
		c, err := net.Dial("tcp4", (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: l.Addr().(*net.TCPAddr).Port}).String())
		require.NoError(t, err)
		defer func() { _ = c.Close() }()
		s, err := l.Accept()
		require.NoError(t, err)
		defer func() { _ = s.Close() }()
		assert.Equal(t, c.RemoteAddr().String(), procfd.Describe(number(t, s)).Local, "IPv4 is shown as IPv4")
	})
	t.Run("not bound", func(t *testing.T) {
		num := made(t)(unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0))
		socketIs(t, num, procfd.FD{Kind: procfd.KindTCP, State: "CLOSE"})
	})
}

func TestDescribeUDP(t *testing.T) {
	unconnected, err := net.ListenPacket("udp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = unconnected.Close() }()
	addr := unconnected.LocalAddr().String()
	socketIs(t, number(t, unconnected), procfd.FD{Kind: procfd.KindUDP, Local: addr})

	connected, err := net.Dial("udp4", addr)
	require.NoError(t, err)
	defer func() { _ = connected.Close() }()
	socketIs(t, number(t, connected), procfd.FD{
		Kind: procfd.KindUDP, Local: connected.LocalAddr().String(), Remote: addr,
	})
}

func TestDescribeUnix(t *testing.T) {
	// Not t.TempDir: a path has to fit into 108 bytes.
	dir, err := os.MkdirTemp("", "procfd")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })

	for name, at := range map[string]string{"path": filepath.Join(dir, "s"), "abstract": "@" + filepath.Base(dir)} {
		t.Run(name, func(t *testing.T) {
			listener, client, server, addr, _ := connection(t, "unix", at)
			require.Equal(t, at, addr)
			socketIs(t, listener, procfd.FD{Kind: procfd.KindUnix, Local: at, State: "LISTEN"})
			socketIs(t, client, procfd.FD{Kind: procfd.KindUnix, Remote: at, State: "CONNECTED"})
			socketIs(t, server, procfd.FD{Kind: procfd.KindUnix, Local: at, State: "CONNECTED"})
		})
	}
	t.Run("datagrams", func(t *testing.T) {
		at := filepath.Join(dir, "d")
		c, err := net.ListenPacket("unixgram", at)
		require.NoError(t, err)
		defer func() { _ = c.Close() }()
		socketIs(t, number(t, c), procfd.FD{Kind: procfd.KindUnix, Local: at, Detail: []string{"datagram"}})
	})
	t.Run("pair", func(t *testing.T) {
		fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
		require.NoError(t, err)
		defer func() { _ = unix.Close(fds[0]) }()
		socketIs(t, fds[0], procfd.FD{Kind: procfd.KindUnix, State: "CONNECTED"})
		require.NoError(t, unix.Close(fds[1]))
		socketIs(t, fds[0], procfd.FD{
			Kind: procfd.KindUnix, State: "CONNECTED", Detail: []string{"other end: closed"},
		})
	})
}

func TestDescribeOtherSockets(t *testing.T) {
	tests := []struct {
		name                   string
		family, sort, protocol int
		want                   procfd.FD
	}{
		{"netlink", unix.AF_NETLINK, unix.SOCK_RAW, unix.NETLINK_ROUTE,
			procfd.FD{Kind: procfd.KindNetlink, Detail: []string{"protocol route"}}},
		{"packet", unix.AF_PACKET, unix.SOCK_DGRAM, 0,
			procfd.FD{Kind: procfd.KindPacket, Detail: []string{"datagram"}}},
		{"vsock", unix.AF_VSOCK, unix.SOCK_STREAM, 0,
			procfd.FD{Kind: procfd.KindVsock, Detail: []string{"stream"}}},
		{"raw", unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP,
			procfd.FD{Kind: procfd.KindSocket, Detail: []string{"raw", "protocol 1"}}},
		{"of another family", unix.AF_ALG, unix.SOCK_SEQPACKET, 0,
			procfd.FD{Kind: procfd.KindSocket, Detail: []string{"family 38", "seqpacket"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			num, err := unix.Socket(tt.family, tt.sort, tt.protocol)
			if err != nil {
				t.Skip(err) // a kernel without it, or a user who must not
			}
			socketIs(t, made(t)(num, nil), tt.want)
		})
	}
}
