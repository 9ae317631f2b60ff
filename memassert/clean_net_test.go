package memassert_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
)

var cleanNet = []cleanBody{
	{
		name: "http", why: "the body is read and closed, and the connection is used again",
		start: func(t *testing.T) func() {
			server := httptest.NewServer(hello)
			t.Cleanup(server.Close)
			return func() { get(server) }
		},
	},
	{
		name: "https", why: "as http, with the buffers of TLS",
		start: func(t *testing.T) func() {
			server := httptest.NewTLSServer(hello)
			t.Cleanup(server.Close)
			return func() { get(server) }
		},
	},
	{
		name: "http server each time", why: "its goroutines end by themselves, some time after Close",
		start: func(t *testing.T) func() {
			return func() {
				server := httptest.NewServer(hello)
				defer server.Close()
				get(server)
			}
		},
	},
	{
		name: "http recorder", why: "what a handler is called with in a test goes with the call",
		start: func(t *testing.T) func() {
			return func() {
				w := httptest.NewRecorder()
				hello(w, httptest.NewRequest(http.MethodGet, "/?q=1", nil))
				if w.Code != http.StatusOK {
					panic(w.Code)
				}
			}
		},
	},
	{
		name: "tcp", why: "both ends are closed; the server's goroutine ends by itself",
		start: func(t *testing.T) func() {
			address := echo(t)
			return func() {
				c, err := net.Dial("tcp", address)
				must(err)
				defer c.Close()
				_, err = c.Write([]byte("hello"))
				must(err)
				var buf [5]byte
				_, err = io.ReadFull(c, buf[:])
				must(err)
			}
		},
	},
}

var hello http.HandlerFunc = func(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	io.WriteString(w, "hello "+r.URL.Path)
}

// get makes one request and leaves nothing of it.
func get(server *httptest.Server) {
	resp, err := server.Client().Get(server.URL + "/x")
	must(err)
	_, err = io.ReadAll(resp.Body)
	must(errors.Join(err, resp.Body.Close()))
}

// echo is a server that sends back what it receives.
func echo(t *testing.T) (address string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer c.Close()
				_, _ = io.Copy(c, c)
			})
		}
	})
	t.Cleanup(func() {
		l.Close()
		serving.Wait()
	})
	return l.Addr().String()
}
