// Package connmanager keeps the long connections of a server by client, so that the
// server can send to a client when it likes. It is here twice: as it kept every
// connection for good, and mended.
//
// A client sends its ID on a line, and the server answers with a welcome. Every
// line after that is a heartbeat.
package connmanager

import (
	"fmt"
	"net"
	"time"
)

// A Client is a client that has connected.
type Client struct {
	ID      string
	conn    net.Conn
	timeout time.Duration // of writing; 0 is none
}

// Send sends a line to the client. The connection ends if it can't be written.
func (c *Client) Send(line string) error {
	if c.timeout > 0 {
		if err := c.conn.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintln(c.conn, line); err != nil {
		_ = c.conn.Close() // half a line may have been sent
		return err
	}
	return nil
}
