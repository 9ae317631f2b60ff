package web_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/examples/services/web"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serve is the service, and how many connections were made to it.
func serve(t *testing.T) (url string, connections *atomic.Int64) {
	t.Helper()
	connections = new(atomic.Int64)
	s := httptest.NewUnstartedServer(web.Handler(map[string]int{"tea": 7}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	return s.URL, connections
}

// transport is one of the test's own, and the pool of its connections.
func transport(t *testing.T, most int) (*http.Client, poolassert.Pool) {
	t.Helper()
	tr := &http.Transport{MaxConnsPerHost: most}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr}, poolassert.Transport("stock", tr)
}

func TestClient(t *testing.T) {
	url, connections := serve(t)
	client, pool := transport(t, 0)
	leaktest.Check(t, leaktest.Pools(pool))
	stock := web.Client{HTTP: client, URL: url}
	ctx := context.Background()
	item, err := stock.Stock(ctx, "tea")
	require.NoError(t, err)
	assert.Equal(t, web.Item{SKU: "tea", Count: 7}, item)
	for range 50 {
		_, err = stock.Stock(ctx, "no/tea")
		assert.ErrorIs(t, err, web.ErrUnknown)
	}
	assert.EqualValues(t, 1, connections.Load(), "it is used again after each answer")
}

func TestClientOfABrokenService(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "out of order", http.StatusInternalServerError)
	}))
	defer s.Close()
	client, pool := transport(t, 0)
	for range 50 {
		require.True(t, poolassert.NoLeak(t, func() {
			_, err := web.Client{HTTP: client, URL: s.URL}.Stock(context.Background(), "tea")
			assert.EqualError(t, err, "web: the service answers 500 Internal Server Error")
		}, pool))
	}
}

// Of requests there may be many more than connections.
func TestClientTogether(t *testing.T) {
	url, _ := serve(t)
	client, pool := transport(t, 2)
	poolassert.Check(t, pool)
	var requests sync.WaitGroup
	for range 50 {
		requests.Go(func() {
			_, err := web.Client{HTTP: client, URL: url}.Stock(context.Background(), "coffee")
			assert.ErrorIs(t, err, web.ErrUnknown)
		})
	}
	requests.Wait()
}

// The leaking twin is caught each time, and with a trace the line that has made the
// request is known.
func TestLeakingClientIsCaught(t *testing.T) {
	t.Setenv("LEAKTEST", "trace")
	url, connections := serve(t)
	client, pool := transport(t, 0)
	stock := web.Leaking{HTTP: client, URL: url}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	assert.True(t, poolassert.NoLeak(t, func() {
		_, err := stock.Stock(ctx, "tea")
		assert.NoError(t, err)
	}, pool), "it is the errors that leak")
	connections.Store(0)
	for i := range 3 {
		f := faketb.New(t.Name())
		assert.False(t, poolassert.NoLeak(f, func() {
			_, err := stock.Stock(ctx, "coffee")
			assert.ErrorIs(t, err, web.ErrUnknown)
		}, poolassert.With(pool, poolassert.Settle(0))))
		assert.Regexp(t, `pool       \+1  stock  InUse \d → \d\n`, f.Errors())
		assert.Contains(t, f.Errors(), "checked out  *http.Response  web.Leaking.Stock  web/leaking.go:25\n")
		if i == 0 {
			readme.Report(t, t.Name(), f.Errors())
		}
		assert.EqualValues(t, i+1, connections.Load())
	}
}

// What the leak does: where connections are limited, the next request waits until it
// gives up; where they are not, both ends run out of descriptors.
func TestLeakingClientStopsTheNextRequest(t *testing.T) {
	url, _ := serve(t)
	client, _ := transport(t, 1)
	stock := web.Leaking{HTTP: client, URL: url}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := stock.Stock(ctx, "coffee")
	require.ErrorIs(t, err, web.ErrUnknown)
	late, stop := context.WithTimeout(ctx, 10*time.Millisecond)
	defer stop()
	_, err = stock.Stock(late, "tea")
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	cancel()
	_, err = stock.Stock(context.Background(), "tea")
	assert.NoError(t, err, "it was the one that was out")
}
