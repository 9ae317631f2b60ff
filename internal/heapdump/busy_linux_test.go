//go:build amd64 || arm64

package heapdump_test

import (
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/leakassert/leakassert/internal/heapdump"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// 20 dumps beside goroutines that are in and out of system calls, which crashes the dumper: each
// ends in a dump or an error.
func TestTakeBesideSystemCalls(t *testing.T) {
	var stop atomic.Bool
	var group sync.WaitGroup
	busy := func(f func()) {
		group.Go(func() {
			for !stop.Load() {
				f()
			}
		})
	}
	zero, err := os.Open("/dev/zero")
	require.NoError(t, err)
	defer zero.Close()
	for range 2 {
		b := make([]byte, 4096)
		busy(func() { _, _ = zero.Read(b) })
	}
	busy(func() {
		if l, err := net.Listen("tcp", "127.0.0.1:0"); assert.NoError(t, err) {
			assert.NoError(t, l.Close())
		}
	})
	dumps := 0
	for range 20 {
		d, err := heapdump.Take()
		if err != nil {
			assert.Regexp(t, `^heap dump: .* \(3 tries\)$`, err.Error())
			continue
		}
		dumps++
		assert.Positive(t, d.Len())
		assert.NoError(t, d.Close())
	}
	stop.Store(true)
	group.Wait()
	assert.Positive(t, dumps)
	noChild(t)
}

// No child takes an event away from this process: every connection goes on after the dumps.
func TestTakeBesideConnections(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var group sync.WaitGroup
	defer group.Wait()
	defer l.Close()
	group.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			group.Go(func() {
				defer c.Close()
				_, _ = io.Copy(struct{ io.Writer }{c}, struct{ io.Reader }{c})
			})
		}
	})
	var stop atomic.Bool
	var clients sync.WaitGroup
	for range 40 {
		c, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		clients.Go(func() {
			defer c.Close()
			for b := make([]byte, 1); !stop.Load(); {
				_, err := c.Write(b)
				assert.NoError(t, err)
				_, err = io.ReadFull(c, b)
				assert.NoError(t, err)
			}
		})
	}
	for range 10 {
		if d, err := heapdump.Take(); err == nil {
			assert.NoError(t, d.Close())
		}
	}
	stop.Store(true)
	clients.Wait()
}
