package connmanager_test

import (
	"bufio"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// listen opens a listener that is closed when the test is over.
func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Close() }) // most tests have closed it before
	return l
}

// A client is the other end of a connection. If it neither closes it nor sends a
// heartbeat, the server sees what it would see of a client that has lost its power.
type client struct {
	net.Conn
	lines *bufio.Scanner
}

// dial connects. Nobody need accept for that.
func dial(t *testing.T, to net.Listener) client {
	t.Helper()
	conn, err := net.Dial("tcp", to.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	assert.NoError(t, conn.SetReadDeadline(time.Now().Add(20*time.Second))) // a server that drops nobody fails the test
	return client{conn, bufio.NewScanner(conn)}
}

// join sends the ID and waits until the server has the client in its map.
func (c client) join(t *testing.T, id string) {
	t.Helper()
	c.beat(t, id)
	assert.True(t, c.lines.Scan(), c.lines.Err())
	assert.Equal(t, "welcome", c.lines.Text())
}

// beat sends a line.
func (c client) beat(t *testing.T, line string) {
	t.Helper()
	_, err := c.Write([]byte(line + "\n"))
	assert.NoError(t, err)
}

// isDropped waits until the server has ended the connection.
func (c client) isDropped(t *testing.T) {
	t.Helper()
	assert.False(t, c.lines.Scan(), c.lines.Text())
	assert.NotErrorIs(t, c.lines.Err(), os.ErrDeadlineExceeded, "the server keeps the connection")
}
