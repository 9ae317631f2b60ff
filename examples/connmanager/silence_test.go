package connmanager_test

import (
	"bufio"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leakassert/leakassert/examples/connmanager"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pipes is a listener of connections in memory: the clock of synctest holds for
// their deadlines.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	conn, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return nil }

func (p pipes) dial() client {
	ours, theirs := net.Pipe()
	p <- theirs
	return client{ours, bufio.NewScanner(ours)}
}

// A client stays for as long as it sends heartbeats, and is dropped when the time of
// silence is over, to the nanosecond.
func TestHeartbeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := make(pipes)
		m := connmanager.Start(l, 30*time.Second)
		c := l.dial()
		c.join(t, "ada")
		for range 100 {
			time.Sleep(30*time.Second - 1)
			c.beat(t, "a heartbeat")
		}
		last := time.Now()
		c.isDropped(t)
		assert.Equal(t, 30*time.Second, time.Since(last))
		require.NoError(t, m.Close())
	})
}

// A client that reads nothing does not hold up who sends to it, and is dropped.
func TestClientThatDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := make(pipes)
		m := connmanager.Start(l, 30*time.Second)
		c := l.dial()
		c.join(t, "ada")
		known, ok := m.Lookup("ada")
		require.True(t, ok)
		began := time.Now()
		time.AfterFunc(10*time.Second, func() { c.beat(t, "a heartbeat") })
		assert.ErrorIs(t, known.Send("news"), os.ErrDeadlineExceeded)
		c.isDropped(t)
		assert.Equal(t, 30*time.Second, time.Since(began))
		require.NoError(t, m.Close())
	})
}

// failing is a listener that has no descriptors left the first time.
type failing struct {
	pipes
	failed bool
}

func (f *failing) Accept() (net.Conn, error) {
	if !f.failed {
		f.failed = true
		return nil, syscall.EMFILE
	}
	return f.pipes.Accept()
}

func TestAcceptThatFailsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &failing{pipes: make(pipes)}
		m := connmanager.Start(l, time.Minute)
		l.dial().join(t, "ada")
		require.NoError(t, m.Close())
	})
}
