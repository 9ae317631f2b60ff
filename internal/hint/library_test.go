package hint_test

import (
	"context"
	"io"
	"iter"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// server serves as long as the process, so that only its clients leak. closed waits until it has
// closed all connections.
var (
	server = sync.OnceValue(func() *httptest.Server {
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, strings.Repeat("tea ", 1<<16))
		}))
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				conns.Add(1)
			case http.StateClosed:
				conns.Add(-1)
			}
		}
		s.Start()
		return s
	})
	conns atomic.Int64
)

// closed closes the idle connections of a client until the server has no connection. A connection of
// HTTP/2 becomes idle only some time after its last request has ended.
func closed(c *http.Client) {
	for conns.Load() > 0 {
		c.CloseIdleConnections()
		time.Sleep(time.Millisecond)
	}
}

func get(t *testing.T, c *http.Client) *http.Response {
	resp, err := c.Get(server().URL)
	require.NoError(t, err)
	return resp
}

func leakBody(t *testing.T) (end func()) {
	c := &http.Client{Transport: &http.Transport{}}
	body := get(t, c).Body
	return func() { body.Close(); closed(c) } // Go 1.27 may keep the connection
}

func leakIdle(t *testing.T) (end func()) {
	c := &http.Client{Transport: &http.Transport{}}
	resp := get(t, c)
	io.Copy(io.Discard, resp.Body)
	resp.Body.Close()
	return func() { closed(c) }
}

// server2 serves HTTP/2. Its responses end with their requests, but for those of path /short.
var server2 = sync.OnceValue(func() *httptest.Server {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/silent" {
			<-r.Context().Done()
		}
		w.(http.Flusher).Flush()
		if r.URL.Path != "/short" {
			<-r.Context().Done()
		}
	}))
	s.Config.ConnState = server().Config.ConnState
	s.EnableHTTP2 = true
	s.StartTLS()
	return s
})

// client2 returns a client of server2 that no one else has.
func client2() *http.Client {
	shared := server2().Client().Transport.(*http.Transport)
	return &http.Client{Transport: shared.Clone()}
}

func get2(t *testing.T, c *http.Client, path string) *http.Response {
	resp, err := c.Get(server2().URL + path)
	require.NoError(t, err)
	require.Equal(t, 2, resp.ProtoMajor)
	return resp
}

func leakBody2(t *testing.T) (end func()) {
	c := client2()
	body := get2(t, c, "/").Body
	return func() { body.Close(); closed(c) }
}

func leakIdle2(t *testing.T) (end func()) {
	c := client2()
	get2(t, c, "/short").Body.Close()
	return func() { closed(c) }
}

// leakRequest2 waits for a response that does not come.
func leakRequest2(t *testing.T) (end func()) {
	c := client2()
	get2(t, c, "/short").Body.Close()
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, "GET", server2().URL+"/silent", nil)
	require.NoError(t, err)
	done := goes(func() { c.Do(req) })
	return func() { cancel(); done(); closed(c) }
}

// leakRequest waits for a response that does not come.
func leakRequest(t *testing.T) (end func()) {
	l := listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	req, err := http.NewRequestWithContext(ctx, "GET", "http://"+l.Addr().String(), nil)
	require.NoError(t, err)
	c := &http.Client{Transport: &http.Transport{}}
	done := goes(func() { c.Do(req) })
	conn, err := l.Accept()
	require.NoError(t, err)
	return func() { cancel(); done(); io.Copy(io.Discard, conn); closes(t, conn, l)() }
}

// goes runs f on a goroutine. The end waits for it.
func goes(f func()) (end func()) {
	var g sync.WaitGroup
	g.Go(f)
	return g.Wait
}

func listen(t *testing.T) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return l
}

func leakTestServer(*testing.T) (end func()) { return httptest.NewServer(nil).Close }

func leakServer(t *testing.T) (end func()) {
	l, s := listen(t), &http.Server{}
	done := goes(func() { s.Serve(l) })
	return func() { s.Close(); done() }
}

func leakAccept(t *testing.T) (end func()) {
	l := listen(t)
	done := goes(func() { l.Accept() })
	return func() { l.Close(); done() }
}

func leakRead(t *testing.T) (end func()) {
	a, b := net.Pipe()
	done := goes(func() { io.ReadAll(a) })
	return func() { closes(t, a, b)(); done() }
}

func leakPipeReader(t *testing.T) (end func()) {
	r, w := io.Pipe()
	done := goes(func() { io.Copy(io.Discard, r) })
	return func() { w.Close(); done() }
}

func leakPipeWriter(t *testing.T) (end func()) {
	r, w := io.Pipe()
	done := goes(func() { io.WriteString(w, "tea") })
	return func() { r.Close(); done() }
}

// sleeper is a process that ends when its input does.
func sleeper(t *testing.T) (cmd *exec.Cmd, stop func()) {
	if _, err := exec.LookPath("cat"); err != nil {
		t.Skip("there is no cat to run")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cmd = exec.CommandContext(ctx, "cat")
	r, w, err := os.Pipe()
	require.NoError(t, err)
	cmd.Stdin = r
	require.NoError(t, cmd.Start())
	r.Close()
	return cmd, func() { w.Close(); cancel() }
}

func leakProcess(t *testing.T) (end func()) {
	cmd, stop := sleeper(t)
	return func() { stop(); cmd.Wait() }
}

func leakWait(t *testing.T) (end func()) {
	cmd, stop := sleeper(t)
	done := goes(func() { cmd.Wait() })
	return func() { stop(); done() }
}

func leakNotifyContext(*testing.T) (end func()) {
	_, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	return stop
}

// own is a context of another package.
type own struct{ context.Context }

func (own) Value(any) any { return nil }

func leakChild(*testing.T) (end func()) {
	parent, cancel := context.WithCancel(context.Background())
	_, stop := context.WithCancel(own{parent})
	return func() { stop(); cancel() }
}

func leakPull(*testing.T) (end func()) {
	next, stop := iter.Pull(func(yield func(int) bool) {
		for yield(1) {
		}
	})
	next()
	return stop
}

var ofLibrary = []known{
	{name: "body", cause: "the body of a response is neither closed nor read to its end", leak: leakBody, nearly: leakIdle},
	{name: "idle connection", cause: "an http.Transport keeps the connection idle", leak: leakIdle, nearly: leakBody},
	{name: "idle connection, not a request", cause: "an http.Transport keeps the connection idle", leak: leakIdle, nearly: leakRequest},
	{name: "body, HTTP/2", cause: "the body of a response is neither closed nor read to its end", leak: leakBody2, nearly: leakIdle2},
	{name: "body, HTTP/2, not a request", cause: "the body of a response is neither closed nor read to its end", leak: leakBody2, nearly: leakRequest2},
	{name: "idle connection, HTTP/2", cause: "an http.Transport keeps the connection idle", leak: leakIdle2, nearly: leakBody2},
	{name: "httptest.Server", cause: "the httptest.Server is not closed", leak: leakTestServer, nearly: leakServer},
	{name: "http.Server", cause: "the http.Server still serves", leak: leakServer, nearly: leakAccept},
	{name: "listener", cause: "the listener is not closed", leak: leakAccept, nearly: leakRead},
	{name: "io.Pipe, reading", cause: "the writer of the io.Pipe is not closed", leak: leakPipeReader, nearly: leakPipeWriter},
	{name: "io.Pipe, writing", cause: "the reader of the io.Pipe is neither read to the end nor closed", leak: leakPipeWriter, nearly: leakPipeReader},
	{name: "exec.Cmd", cause: "the process is not waited for", leak: leakProcess, nearly: leakWait},
	{name: "NotifyContext", cause: "stop is not called: defer stop() after signal.NotifyContext", leak: leakNotifyContext, nearly: leakChild},
	{name: "cancel", cause: "cancel is not called", leak: leakChild, nearly: leakNotifyContext},
	{name: "iter.Pull", cause: "stop is not called: defer stop() after iter.Pull", leak: leakPull, nearly: leakNotifyContext},
}
