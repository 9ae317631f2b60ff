package poolassert

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"weak"
)

// Transport is the pool of connections of an HTTP client's transport. A connection
// is in use until the response's body was read to the end or closed; idle ones are
// closed by the check.
//
// A transport has no statistics: its connections are counted when they are dialled
// and closed, so call Transport before the first request. It sets DialContext to a
// function that calls the one that was there. Connections of a Clone of it count, too,
// and only the clone's own CloseIdleConnections closes them.
func Transport(name string, t *http.Transport) Pool {
	if t == nil {
		return transportPool{name, nil, nil}
	}
	return transportPool{name, t, countIn(t)}
}

type transportPool struct {
	name  string
	t     *http.Transport
	conns *conns
}

func (p transportPool) Name() string    { return p.name }
func (p transportPool) Package() string { return "net/http" }

func (p transportPool) Validate() error {
	switch {
	case p.t == nil:
		return errors.New(p.name + ": the *http.Transport is nil: pass that of your client, or http.DefaultTransport.(*http.Transport)")
	//lint:ignore SA1019 its connections, too
	case p.t.DialTLSContext != nil || p.t.DialTLS != nil:
		return errors.New(p.name + ": connections of a DialTLSContext can't be counted: leave it out in the test, or count with Watch")
	}
	return nil
}

// Stats closes connections that are idle: what is open then is in use.
func (p transportPool) Stats() Stats {
	if p.conns.len() > 0 {
		p.t.CloseIdleConnections()
	}
	open := p.conns.list()
	return Stats{InUse: int64(len(open)), Open: int64(len(open)), Raw: struct{ Connections []string }{open}}
}

// conns are the open connections of a transport.
type conns struct {
	mu   sync.Mutex
	open map[*conn]struct{}
}

func (c *conns) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.open)
}

func (c *conns) list() (list []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range maps.Keys(c.open) {
		list = append(list, fmt.Sprint(conn.LocalAddr(), " → ", conn.RemoteAddr()))
	}
	slices.Sort(list)
	return list
}

type conn struct {
	net.Conn
	of   *conns
	once sync.Once
}

func (c *conn) Close() error {
	c.once.Do(func() {
		c.of.mu.Lock()
		defer c.of.mu.Unlock()
		delete(c.of.open, c)
	})
	return c.Conn.Close()
}

// counted are the transports whose connections are counted. They are not kept.
var counted struct {
	sync.Mutex
	of map[weak.Pointer[http.Transport]]*conns
}

func countIn(t *http.Transport) *conns {
	counted.Lock()
	defer counted.Unlock()
	key := weak.Make(t)
	if c := counted.of[key]; c != nil {
		return c
	}
	c := &conns{open: make(map[*conn]struct{})}
	for k := range counted.of {
		if k.Value() == nil {
			delete(counted.of, k)
		}
	}
	if counted.of == nil {
		counted.of = make(map[weak.Pointer[http.Transport]]*conns)
	}
	counted.of[key] = c
	dial := t.DialContext
	//lint:ignore SA1019 who still has it must not lose it
	switch old := t.Dial; {
	case dial != nil:
	case old != nil:
		dial = func(_ context.Context, network, address string) (net.Conn, error) { return old(network, address) }
	default:
		dial = new(net.Dialer).DialContext
		// With a DialContext HTTP/2 has to be asked for.
		t.ForceAttemptHTTP2 = t.ForceAttemptHTTP2 || t.TLSClientConfig == nil && t.DialTLSContext == nil
	}
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		counting := &conn{Conn: nc, of: c}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.open[counting] = struct{}{}
		return counting, nil
	}
	return c
}
