package procfd_test

import (
	"encoding/binary"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/leakassert/leakassert/internal/procfd"
)

func FuzzParseFdinfo(f *testing.F) {
	f.Add("pos:\t0\nflags:\t02\neventfd-count:               1a\neventfd-id: 3\n")
	f.Add("tfd:        5 events:       19 data:                5  pos:0 ino:40e sdev:10\ntfd: 7")
	f.Add("sigmask:\t0000000000004002\n")
	f.Add("Pid:\t-1\nNSpid:\t-1\n")
	f.Add("inotify wd:1 ino:3c4a3 sdev:fe00000 mask:100 ignored_mask:0 fhandle-bytes:8\n")
	f.Fuzz(func(t *testing.T, text string) {
		targets := procfd.ParseTargets(text)
		assert.LessOrEqual(t, len(targets), strings.Count(text, "tfd:"))
		for _, num := range targets {
			assert.GreaterOrEqual(t, num, 0)
			assert.Contains(t, text, strconv.Itoa(num))
		}
	})
}

func FuzzNextDirent(f *testing.F) {
	dir, err := os.Open("/proc/self/fd")
	require.NoError(f, err)
	defer func() { _ = dir.Close() }()
	buf := make([]byte, 4096)
	n, err := unix.Getdents(int(dir.Fd()), buf)
	require.NoError(f, err)
	f.Add(buf[:n])
	f.Add(buf[:n/2])
	f.Fuzz(func(t *testing.T, buf []byte) {
		for len(buf) > 0 {
			num, rest := procfd.NextDirent(buf)
			require.Less(t, len(rest), len(buf), "it ends")
			require.GreaterOrEqual(t, num, -1)
			buf = rest
		}
	})
}

func FuzzParsePeer(f *testing.F) {
	const size = 16 + 16 + 8
	reply := make([]byte, size)
	binary.NativeEndian.PutUint32(reply, size)
	binary.NativeEndian.PutUint16(reply[4:], 20)
	binary.NativeEndian.PutUint32(reply[8:], 7)
	binary.NativeEndian.PutUint16(reply[32:], 8)
	binary.NativeEndian.PutUint16(reply[34:], 2)
	binary.NativeEndian.PutUint32(reply[36:], 4711)
	require.EqualValues(f, 4711, procfd.ParsePeer(reply, 7))
	f.Add(reply)
	f.Fuzz(func(t *testing.T, reply []byte) { procfd.ParsePeer(reply, 7) })
}

func FuzzAnonymous(f *testing.F) {
	f.Add("anon_inode:[eventfd]")
	f.Add("anon_inode:inotify")
	f.Add("/home/anon_inode:[x]")
	f.Fuzz(func(t *testing.T, text string) {
		name := procfd.Anonymous(text)
		require.True(t, name == "" || strings.HasPrefix(text, "anon_inode:"))
		require.Contains(t, text, name)
	})
}

func TestFlagNames(t *testing.T) {
	for flags, want := range map[int]string{
		unix.O_RDONLY: "O_RDONLY",
		unix.O_WRONLY | unix.O_APPEND | unix.O_NONBLOCK: "O_WRONLY|O_APPEND|O_NONBLOCK",
		unix.O_RDWR | unix.O_SYNC:                       "O_RDWR|O_SYNC",
		unix.O_RDWR | unix.O_DSYNC:                      "O_RDWR|O_DSYNC",
		unix.O_RDWR | unix.O_TMPFILE:                    "O_RDWR|O_TMPFILE",
		unix.O_RDONLY | unix.O_DIRECTORY:                "O_RDONLY",
		unix.O_RDONLY | unix.O_LARGEFILE | 1<<15:        "O_RDONLY",
		unix.O_RDONLY | unix.O_DIRECT | unix.O_NOATIME:  "O_RDONLY|O_DIRECT|O_NOATIME",
		unix.O_RDONLY | unix.O_PATH | unix.O_CLOEXEC:    "O_RDONLY|O_PATH",
	} {
		assert.Equal(t, want, procfd.FlagNames(flags))
	}
}

func TestSignalNames(t *testing.T) {
	assert.Equal(t, "none", procfd.SignalNames(0))
	assert.Equal(t, "SIGINT, SIGTERM", procfd.SignalNames(1<<1|1<<14))
	assert.Equal(t, "signal 64", procfd.SignalNames(1<<63), "real-time signals have no names")
}
