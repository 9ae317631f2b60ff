package procfd_test

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/leakassert/leakassert/internal/procfd"
)

// This process shows from outside what it shows from inside.
func TestProcess(t *testing.T) {
	self := procfd.Process(os.Getpid())
	for name, open := range map[string]func(t *testing.T) int{
		"file": func(t *testing.T) int {
			return made(t)(unix.Open(filepath.Join(t.TempDir(), "log"), unix.O_CREAT|unix.O_WRONLY|unix.O_APPEND|unix.O_CLOEXEC, 0o640))
		},
		"deleted file": func(t *testing.T) int {
			f, err := os.CreateTemp(t.TempDir(), "")
			require.NoError(t, err)
			t.Cleanup(func() { f.Close() })
			require.NoError(t, os.Remove(f.Name()))
			return int(f.Fd())
		},
		"directory": func(t *testing.T) int { return made(t)(unix.Open(t.TempDir(), unix.O_RDONLY|unix.O_CLOEXEC, 0)) },
		"device":    func(t *testing.T) int { return made(t)(unix.Open(os.DevNull, unix.O_RDWR|unix.O_CLOEXEC, 0)) },
		"eventfd":   func(t *testing.T) int { return made(t)(unix.Eventfd(3, unix.EFD_CLOEXEC)) },
		"epoll":     func(t *testing.T) int { return made(t)(unix.EpollCreate1(unix.EPOLL_CLOEXEC)) },
		"inotify":   func(t *testing.T) int { return made(t)(unix.InotifyInit1(unix.IN_CLOEXEC)) },
		"memfd":     func(t *testing.T) int { return made(t)(unix.MemfdCreate("cache", unix.MFD_CLOEXEC)) },
		"pipe": func(t *testing.T) int {
			var p [2]int
			require.NoError(t, unix.Pipe2(p[:], unix.O_CLOEXEC))
			t.Cleanup(func() { _, _ = unix.Close(p[0]), unix.Close(p[1]) })
			return p[1]
		},
		"tcp":  func(t *testing.T) int { return connected(t, "tcp4", "127.0.0.1:0") },
		"tcp6": func(t *testing.T) int { return connected(t, "tcp6", "[::1]:0") },
		"unix": func(t *testing.T) int { return connected(t, "unix", filepath.Join(t.TempDir(), "a b")) },
		"udp":  func(t *testing.T) int { return bound(t, unix.SOCK_DGRAM) },
		"tcp listener": func(t *testing.T) int {
			num := bound(t, unix.SOCK_STREAM)
			require.NoError(t, unix.Listen(num, 1))
			return num
		},
		"unbound": func(t *testing.T) int {
			return made(t)(unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0))
		},
		"netlink": func(t *testing.T) int {
			return made(t)(unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0))
		},
		"mptcp, unseen": func(t *testing.T) int {
			return made(t)(unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, unix.IPPROTO_MPTCP))
		},
	} {
		t.Run(name, func(t *testing.T) {
			num := open(t)
			var inside, outside procfd.Table
			require.NoError(t, inside.Read())
			require.NoError(t, self.Read(&outside))
			outside.Entries = slices.DeleteFunc(outside.Entries, func(e procfd.Entry) bool { return e.Num == procfd.OwnNumber() })
			assert.Contains(t, inside.Entries, procfd.Entry{Num: num, ID: procfd.Describe(num).Of})
			assert.Empty(t, procfd.Grown(nil, &inside, &outside))
			assert.Empty(t, procfd.Grown(nil, &outside, &inside))

			want := procfd.Describe(num)
			got := self.Describe([]procfd.Entry{{Num: num, ID: want.Of}})
			ignored := []string{"Detail"} // which options of the socket show
			if want.State != "LISTEN" && want.State != "ESTABLISHED" && want.State != "CONNECTED" {
				ignored = append(ignored, "State", "Missing") // sockets that no file lists
			}
			assert.Empty(t, cmp.Diff([]procfd.FD{want}, got, cmpopts.IgnoreFields(procfd.FD{}, ignored...)))
			if want.Local == "" { // no socket
				assert.Equal(t, want.Missing, got[0].Missing)
			}

			other := want.Of
			other.Ino++
			assert.Equal(t, procfd.KindClosed, self.Describe([]procfd.Entry{{Num: num, ID: other}})[0].Kind, "another file has the number now")
		})
	}
}

// connected returns the descriptor of the accepting end of a connection.
func connected(t *testing.T, network, address string) int {
	lc := net.ListenConfig{}
	lc.SetMultipathTCP(false)
	l, err := lc.Listen(t.Context(), network, address)
	if network == "tcp6" && err != nil {
		l, err = lc.Listen(t.Context(), "tcp4", "127.0.0.1:0") // a machine without IPv6
	}
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	client, err := net.Dial(l.Addr().Network(), l.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { client.Close() })
	server, err := l.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { server.Close() })
	raw, err := server.(syscall.Conn).SyscallConn()

	require.NoError(t, err)
	var num int
	require.NoError(t, raw.Control(func(fd uintptr) { num = int(fd) }))
	return num
}

func bound(t *testing.T, sort int) int {
	num := made(t)(unix.Socket(unix.AF_INET, sort|unix.SOCK_CLOEXEC, 0))
	require.NoError(t, unix.Bind(num, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}))
	return num
}

func TestProcessThatIsGone(t *testing.T) {
	var table procfd.Table
	gone := procfd.Process(1 << 30) // above every limit of process ids
	assert.ErrorIs(t, gone.Read(&table), os.ErrNotExist)
	assert.Equal(t, procfd.KindClosed, gone.Describe([]procfd.Entry{{Num: 1}})[0].Kind)
}
