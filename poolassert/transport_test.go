package poolassert_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A site is a server and a client for it, whose transport is a pool. The path
// /long is answered with more than the window of a stream of HTTP/2, 4 MiB: what
// is shorter than that is not in use any more once the client has it.
type site struct {
	*httptest.Server
	client    *http.Client
	transport *http.Transport
	pool      poolassert.Pool
}

func newSite(t testing.TB, http2 bool) *site {
	s := &site{Server: httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := 1
		if r.URL.Path == "/long" {
			n = 96
		}
		for block := make([]byte, 64<<10); n > 0; n-- {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}))}
	s.transport = &http.Transport{}
	if http2 {
		s.EnableHTTP2 = true
		s.StartTLS()
		s.transport = s.Client().Transport.(*http.Transport).Clone()
		s.transport.DialContext = nil
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	s.client = &http.Client{Transport: s.transport}
	s.pool = poolassert.Transport("web", s.transport)
	return s
}

// get returns a response whose body nobody has read.
func (s *site) get(t testing.TB, path string) *http.Response {
	t.Helper()
	r, err := s.client.Get(s.URL + path)
	require.NoError(t, err)
	return r
}

func eachHTTP(t *testing.T, body func(*testing.T, *site)) {
	for major, http2 := range map[int]bool{1: false, 2: true} {
		t.Run(fmt.Sprint("HTTP/", major), func(t *testing.T) {
			s := newSite(t, http2)
			r := s.get(t, "/")
			assert.Equal(t, major, r.ProtoMajor)
			r.Body.Close()
			require.Eventually(t, func() bool { return s.pool.Stats().InUse == 0 }, 10*time.Second, time.Millisecond)
			body(t, s)
		})
	}
}

func TestTransportBodyNotClosed(t *testing.T) {
	eachHTTP(t, func(t *testing.T, s *site) {
		f := faketb.New("T")
		var r *http.Response
		assert.False(t, poolassert.NoLeak(f, func() { r = s.get(t, "/long") }, soon(s.pool)))
		golden(t, "transport", steady(f.Errors()))
		f = faketb.New("T")
		assert.True(t, poolassert.NoLeak(f, func() { r.Body.Close() }, s.pool))
		assert.Empty(t, f.Errors()+f.Logs())
	})
}

func TestTransportBodyHalfRead(t *testing.T) {
	eachHTTP(t, func(t *testing.T, s *site) {
		f := faketb.New("T")
		var r *http.Response
		assert.False(t, poolassert.NoLeak(f, func() {
			r = s.get(t, "/long")
			_, err := io.CopyN(io.Discard, r.Body, 100)
			assert.NoError(t, err)
		}, soon(s.pool)))
		assert.Contains(t, f.Errors(), "web  InUse 0 → 1")
		r.Body.Close()
	})
}

// What net/http still reads, though its body was closed, hides no leak.
func TestTransportDrains(t *testing.T) {
	end := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, "begins")
		w.(http.Flusher).Flush()
		<-end
	}))
	defer s.Close()
	defer close(end)
	transport := new(http.Transport)
	pool, client := poolassert.Transport("web", transport), &http.Client{Transport: transport}
	get := func() *http.Response {
		r, err := client.Get(s.URL)
		require.NoError(t, err)
		return r
	}
	held := get()
	for range 3 {
		assert.NoError(t, get().Body.Close())
		f := faketb.New("T")
		var r *http.Response
		assert.False(t, poolassert.NoLeak(f, func() { r = get() }, soon(pool)))
		assert.Contains(t, f.Errors(), "web  InUse 1 → 2")
		assert.NoError(t, r.Body.Close())
	}
	assert.NoError(t, held.Body.Close())
}

func TestTransportClean(t *testing.T) {
	for name, body := range map[string]func(*testing.T, *site){
		"no request": func(t *testing.T, s *site) {},
		"drained": func(t *testing.T, s *site) {
			_, err := io.Copy(io.Discard, s.get(t, "/long").Body)
			assert.NoError(t, err)
		},
		"closed":       func(t *testing.T, s *site) { assert.NoError(t, s.get(t, "/").Body.Close()) },
		"closed early": func(t *testing.T, s *site) { assert.NoError(t, s.get(t, "/long").Body.Close()) },
		"cancelled": func(t *testing.T, s *site) {
			ctx, cancel := context.WithCancel(context.Background())
			q, err := http.NewRequestWithContext(ctx, "GET", s.URL+"/long", nil)
			require.NoError(t, err)
			_, err = s.client.Do(q)
			assert.NoError(t, err)
			cancel()
		},
		"several that stay idle": func(t *testing.T, s *site) {
			s.transport.MaxIdleConnsPerHost = 2
			var all []*http.Response
			for range 2 {
				all = append(all, s.get(t, "/long"))
			}
			for _, r := range all {
				_, err := io.Copy(io.Discard, r.Body)
				assert.NoError(t, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachHTTP(t, func(t *testing.T, s *site) {
				f := faketb.New("T")
				for range 3 {
					assert.True(t, poolassert.NoLeak(f, func() { body(t, s) }, s.pool))
				}
				assert.Empty(t, f.Errors()+f.Logs())
			})
		})
	}
}

// HTTP/2 stays what the client speaks by itself.
func TestTransportKeepsHTTP2(t *testing.T) {
	plain := &http.Transport{}
	poolassert.Transport("web", plain)
	assert.True(t, plain.ForceAttemptHTTP2, "as without a DialContext")
	own := &http.Transport{TLSClientConfig: &tls.Config{}}
	poolassert.Transport("web", own)
	assert.False(t, own.ForceAttemptHTTP2, "a TLS configuration of one's own turns it off")
	own.ForceAttemptHTTP2 = true
	poolassert.Transport("web", own)
	assert.True(t, own.ForceAttemptHTTP2)
	dials := &http.Transport{DialContext: new(net.Dialer).DialContext}
	poolassert.Transport("web", dials)
	assert.False(t, dials.ForceAttemptHTTP2)
}

func TestTransportCallsTheDialerThatWasThere(t *testing.T) {
	s := newSite(t, false)
	for _, use := range []func(*http.Transport, func()){
		func(tr *http.Transport, called func()) {
			tr.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
				called()
				return new(net.Dialer).DialContext(ctx, network, address)
			}
		},
		func(tr *http.Transport, called func()) {
			//lint:ignore SA1019 who still has it must not lose it
			tr.Dial = func(network, address string) (net.Conn, error) { called(); return net.Dial(network, address) }
		},
	} {
		calls := 0
		s.transport = &http.Transport{}
		use(s.transport, func() { calls++ })
		s.client.Transport = s.transport
		pool := poolassert.Transport("web", s.transport)
		f := faketb.New("T")
		var r *http.Response
		assert.False(t, poolassert.NoLeak(f, func() { r = s.get(t, "/long") }, soon(pool)))
		assert.Equal(t, 1, calls)
		r.Body.Close()
	}
}

func TestTransportThatDialsTLSItself(t *testing.T) {
	f := faketb.New("T")
	dial := func(ctx context.Context, network, address string) (net.Conn, error) { return nil, io.EOF }
	assert.False(t, poolassert.NoLeak(f, func() {}, poolassert.Transport("web", &http.Transport{DialTLSContext: dial})))
	assert.Equal(t, "poolassert: web: connections that DialTLSContext makes can't be counted: leave it out in the test, or count them with Watch", f.Errors())
	f = faketb.New("T")
	old := &http.Transport{}
	//lint:ignore SA1019 it is refused, too
	old.DialTLS = func(network, address string) (net.Conn, error) { return nil, io.EOF }
	assert.False(t, poolassert.NoLeak(f, func() {}, poolassert.Transport("web", old)))
	assert.Contains(t, f.Errors(), "can't be counted")
}

func TestTransportTwice(t *testing.T) {
	s := newSite(t, false)
	again := poolassert.Transport("again", s.transport)
	f := faketb.New("T")
	var r *http.Response
	assert.False(t, poolassert.NoLeak(f, func() { r = s.get(t, "/long") }, soon(again)))
	assert.Contains(t, f.Errors(), "again  InUse 0 → 1\n", "a connection counts once")
	assert.Equal(t, int64(1), s.pool.Stats().InUse)
	r.Body.Close()
}

func TestTransportDialFails(t *testing.T) {
	s := newSite(t, false)
	s.Close()
	f := faketb.New("T")
	assert.True(t, poolassert.NoLeak(f, func() {
		_, err := s.client.Get(s.URL)
		assert.Error(t, err)
	}, s.pool))
	assert.Empty(t, f.Errors()+f.Logs())
}

func getAndForget(s *site) { _, _ = s.client.Get(s.URL + "/long") }

func getAndClose(s *site) {
	if r, err := s.client.Get(s.URL + "/long"); err == nil {
		r.Body.Close()
	}
}

// A trace names the request.
func TestTransportTrace(t *testing.T) {
	t.Setenv("LEAKTEST", "trace")
	for _, http2 := range []bool{false, true} {
		s := newSite(t, http2)
		f := faketb.New("T")
		assert.False(t, poolassert.NoLeak(f, func() { getAndClose(s); getAndForget(s) }, soon(s.pool)))
		if strconv.IntSize == 32 {
			assert.Contains(t, f.Errors(), "    checked out  not known: the runtime's records of live objects are not found: they are read where a word has 64 bits")
			s.CloseClientConnections()
			continue
		}
		golden(t, fmt.Sprint("transporttrace", map[bool]int{false: 1, true: 2}[http2]), steady(f.Errors()))
		s.CloseClientConnections()
	}
}
