package connmanager

import (
	"bufio"
	"context"
	"errors"
	"net"
	"runtime"
	"sync"
	"time"
	"weak"
)

// Manager is the manager mended. The goroutine that serves a connection owns the
// client, and the map refers to it weakly: an entry can't keep a client that nobody
// serves or uses any more. A client that sends no heartbeat is dropped.
type Manager struct {
	silence  time.Duration
	listener net.Listener
	clients  sync.Map // of weak.Pointer[Client], by ID

	ctx     context.Context // ends with Close, and the connections with it
	cancel  context.CancelFunc
	serving sync.WaitGroup
}

// Start starts to accept connections. A client is dropped if it is silent for so long,
// or takes so long to accept a line.
func Start(listener net.Listener, silence time.Duration) *Manager {
	m := &Manager{silence: silence, listener: listener}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	m.serving.Go(m.accept)
	return m
}

func (m *Manager) accept() {
	for {
		conn, err := m.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // such as too many open files: later there may be fewer
			select {
			case <-time.After(10 * time.Millisecond):
				continue
			case <-m.ctx.Done():
				return
			}
		}
		m.serving.Go(func() { m.serve(conn) })
	}
}

func (m *Manager) serve(conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(m.ctx, func() { conn.Close() })()
	lines := bufio.NewScanner(conn)
	next := func() bool {
		return conn.SetReadDeadline(time.Now().Add(m.silence)) == nil && lines.Scan()
	}
	if !next() {
		return
	}
	c := m.add(lines.Text(), conn)
	if c.Send("welcome") != nil {
		return
	}
	for next() {
	}
	// The loop needs no more than conn. Without this line the collector could take the
	// client from the map while it is connected.
	runtime.KeepAlive(c)
}

// add puts a client into the map. A client that connects again ends its former
// connection.
func (m *Manager) add(id string, conn net.Conn) *Client {
	c := &Client{ID: id, conn: conn, timeout: m.silence}
	entry := weak.Make(c)
	runtime.AddCleanup(c, func(entry weak.Pointer[Client]) { m.remove(id, entry) }, entry)
	if former, ok := m.clients.Swap(id, entry); ok {
		if c := former.(weak.Pointer[Client]).Value(); c != nil {
			_ = c.conn.Close()
		}
	}
	return c
}

// remove removes an entry, but not that of a later connection of the client.
func (m *Manager) remove(id string, entry weak.Pointer[Client]) {
	m.clients.CompareAndDelete(id, entry)
}

// Lookup returns the client that has the ID. Its connection may have ended: Send says so.
func (m *Manager) Lookup(id string) (*Client, bool) {
	entry, ok := m.clients.Load(id)
	if !ok {
		return nil, false
	}
	c := entry.(weak.Pointer[Client]).Value()
	if c == nil { // the collector was here, and its cleanup comes later
		m.remove(id, entry.(weak.Pointer[Client]))
	}
	return c, c != nil
}

// Close stops accepting connections, ends those that there are, and waits until
// nobody serves them.
func (m *Manager) Close() error {
	err := m.listener.Close()
	m.cancel()
	m.serving.Wait()
	return err
}
