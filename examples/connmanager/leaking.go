package connmanager

import (
	"bufio"
	"net"
	"sync"
)

// Leaking is the manager that removes nothing: the entry of a client stays in the map
// when its connection has ended, and the connection stays open. The reader of a
// client that vanishes without a word waits for good.
type Leaking struct {
	listener  net.Listener
	clients   sync.Map // of *Client, by ID
	accepting sync.WaitGroup
}

// StartLeaking starts to accept connections.
func StartLeaking(listener net.Listener) *Leaking {
	l := &Leaking{listener: listener}
	l.accepting.Go(l.accept)
	return l
}

func (l *Leaking) accept() {
	for {
		conn, err := l.listener.Accept()
		if err != nil {
			return
		}
		go l.serve(conn)
	}
}

func (l *Leaking) serve(conn net.Conn) {
	lines := bufio.NewScanner(conn)
	if !lines.Scan() {
		return // and conn stays open
	}
	c := &Client{ID: lines.Text(), conn: conn}
	l.clients.Store(c.ID, c) // and nobody calls Delete
	_ = c.Send("welcome")
	for lines.Scan() { // for good, if nothing comes and nothing says that the client is gone
	}
}

// Lookup returns the client that has the ID.
func (l *Leaking) Lookup(id string) (*Client, bool) {
	c, ok := l.clients.Load(id)
	if !ok {
		return nil, false
	}
	return c.(*Client), true
}

// Close stops accepting connections, and leaves those that there are.
func (l *Leaking) Close() error {
	err := l.listener.Close()
	l.accepting.Wait()
	return err
}
