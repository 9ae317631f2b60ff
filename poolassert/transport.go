package poolassert

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"weak"
)

// Transport returns the pool of connections of an HTTP client's transport. A connection is in use
// until the body of the response is read to the end or closed. A check closes idle connections.
//
// A transport has no statistics, so Transport counts connections when they are dialled and
// closed. To do so it replaces DialContext by a function that calls the old one. Call Transport
// before the first request. Connections of a Clone of the transport count, too, and only the
// clone's own CloseIdleConnections closes them.
//
// With Go 1.27 net/http reads on for up to 50 ms if a body is closed before its end. A check that
// begins while connections are open waits so long for them, once for each.
func Transport(name string, t *http.Transport) Pool {
	if t == nil {
		err := errors.New("the *http.Transport is nil: pass your client's, or http.DefaultTransport.(*http.Transport)")
		return known{named: named(name), err: err}
	}
	open := countIn(t)
	conns := func() (list []string) {
		for c := range open.Range {
			list = append(list, fmt.Sprint(c.(*conn).LocalAddr(), " → ", c.(*conn).RemoteAddr()))
		}
		slices.Sort(list)
		return list
	}
	return transportPool{known{named: named(name), pkg: "net/http", stats: func() Stats {
		if len(conns()) > 0 {
			t.CloseIdleConnections() // what is open then is in use
		}
		list := conns()
		return Stats{InUse: int64(len(list)), Open: int64(len(list)), Raw: struct{ Connections []string }{list}}
	}}, t, open}
}

type transportPool struct {
	known
	t    *http.Transport
	open *sync.Map
}

// drains is how long net/http reads on after a body was closed before its end, and a little more. In
// Go 1.26 it closes the connection at once.
const drains = 60 * time.Millisecond

// Draining is how long to wait for connections, once for each: what is open after that is
// in use, as every look closes idle connections.
func (p transportPool) Draining() (wait time.Duration) {
	for c := range p.open.Range {
		if !c.(*conn).waited.Swap(true) && !strings.HasPrefix(runtime.Version(), "go1.26") {
			wait = drains
		}
	}
	return wait
}

func (p transportPool) Validate() error {
	//lint:ignore SA1019 its connections, too
	if p.t.DialTLSContext != nil || p.t.DialTLS != nil {
		return errors.New("connections that DialTLSContext makes can't be counted: leave it out in the test, or count them with Watch")
	}
	return nil
}

type conn struct {
	net.Conn
	open   *sync.Map
	waited atomic.Bool // until it had drained
}

func (c *conn) Close() error {
	c.open.Delete(c)
	return c.Conn.Close()
}

// counted are the transports whose connections are counted. They are not kept.
var counted = struct {
	sync.Mutex
	open map[weak.Pointer[http.Transport]]*sync.Map
}{open: make(map[weak.Pointer[http.Transport]]*sync.Map)}

// countIn returns the open connections of t, which it begins to count.
func countIn(t *http.Transport) *sync.Map {
	counted.Lock()
	defer counted.Unlock()
	key := weak.Make(t)
	if open := counted.open[key]; open != nil {
		return open
	}
	maps.DeleteFunc(counted.open, func(t weak.Pointer[http.Transport], _ *sync.Map) bool { return t.Value() == nil })
	open := new(sync.Map)
	counted.open[key] = open
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
		c := &conn{Conn: nc, open: open}
		open.Store(c, nil)
		return c, nil
	}
	return open
}
