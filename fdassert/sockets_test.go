package fdassert_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSockets(t *testing.T) {
	f := faketb.New("T")
	assert.False(t, fdassert.NoLeak(f, func() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { l.Close() })
		client, err := net.Dial("tcp", l.Addr().String())
		require.NoError(t, err)
		t.Cleanup(func() { client.Close() })
		server, err := l.Accept()
		require.NoError(t, err)
		t.Cleanup(func() { server.Close() })
		client.(*net.TCPConn).CloseWrite()
		_, _ = server.Read(make([]byte, 1))
	}, soon))
	assert.Contains(t, f.Errors(), "3 descriptors")
	assert.Regexp(t, `tcp  127\.0\.0\.1:\d+  LISTEN`, f.Errors())
	assert.Regexp(t, `tcp  127\.0\.0\.1:\d+ → 127\.0\.0\.1:\d+  CLOSE_WAIT`, f.Errors())
	assert.Regexp(t, `tcp  127\.0\.0\.1:\d+ → 127\.0\.0\.1:\d+  FIN_WAIT2`, f.Errors())
}

// What is closed properly is no leak, although its ends go one after the other.
func TestServerAndClient(t *testing.T) {
	for range 20 {
		f := faketb.New("T")
		assert.True(t, leaktest.NoLeak(f, func() {
			s := httptest.NewServer(http.NotFoundHandler())
			defer s.Close()
			for range 5 {
				resp, err := http.Get(s.URL)
				require.NoError(t, err)
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
		}), f.Errors())
		assert.Empty(t, f.Errors()+f.Logs())
	}
}

// The pipes that the runtime keeps for copying between connections.
func TestProxy(t *testing.T) {
	f := faketb.New("T")
	assert.True(t, leaktest.NoLeak(f, func() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer l.Close()
		pair := func() (client, server net.Conn) {
			client, err := net.Dial("tcp", l.Addr().String())
			require.NoError(t, err)
			server, err = l.Accept()
			require.NoError(t, err)
			return client, server
		}
		a, from := pair()
		to, b := pair()
		var copying sync.WaitGroup
		copying.Go(func() { _, _ = io.Copy(to, from); to.Close() })
		_, _ = a.Write(make([]byte, 1<<16))
		a.Close()
		_, _ = io.Copy(io.Discard, b)
		copying.Wait()
		b.Close()
		from.Close()
	}), f.Errors())
}

// Connections that the default client keeps, when only descriptors are watched.
func TestDefaultClient(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	defer s.Close()
	f := faketb.New("T")
	assert.True(t, fdassert.NoLeak(f, func() {
		resp, err := http.Get(s.URL)
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}), f.Errors())
}
