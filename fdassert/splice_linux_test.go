package fdassert_test

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// Pipes that only look like those of the runtime are leaks.
func TestLargePipes(t *testing.T) {
	f := faketb.New("T")
	assert.False(t, fdassert.NoLeak(f, func() {
		var p [2]int
		require.NoError(t, unix.Pipe2(p[:], unix.O_NONBLOCK|unix.O_CLOEXEC))
		t.Cleanup(func() { unix.Close(p[0]); unix.Close(p[1]) })
		_, err := unix.FcntlInt(uintptr(p[0]), unix.F_SETPIPE_SZ, 1<<20)
		require.NoError(t, err)
	}, soon))
	assert.Contains(t, f.Errors(), "T leaked (settled for 20ms): 2 descriptors")
}

// The runtime's are none, not even those that a goroutine copies with, or beside
// something else that has leaked.
func TestCopying(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	pair := func() (client, server net.Conn) {
		client, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		server, err = l.Accept()
		require.NoError(t, err)
		return client, server
	}
	a, from := pair()
	to, b := pair()
	copied := make(chan bool)
	write := func() {
		_, err := a.Write(make([]byte, 1<<16))
		require.NoError(t, err)
		_, err = io.ReadFull(b, make([]byte, 1<<16))
		require.NoError(t, err)
	}
	f := faketb.New("T")
	assert.True(t, fdassert.NoLeak(f, func() {
		go func() { _, _ = io.Copy(to, from); close(copied) }()
		write()
	}), f.Errors())

	f = faketb.New("T")
	var leaked *os.File
	assert.False(t, fdassert.NoLeak(f, func() {
		a.Close()
		<-copied
		leaked = create(t, filepath.Join(t.TempDir(), "x"))
	}, soon))
	assert.Contains(t, f.Errors(), "T leaked (settled for 20ms): 1 descriptor\n")
	leaked.Close()
	for _, c := range []net.Conn{b, to, from} {
		c.Close()
	}
}
