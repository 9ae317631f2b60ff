package ctxcache_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leakassert/leakassert/examples/ctxcache"
	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	notFound = http.NotFoundHandler()
	orders   = newRequest()
)

func newRequest() *http.Request {
	r := httptest.NewRequest("GET", "/orders", nil)
	r.Header.Set("Accept", "application/json")
	r.SetBasicAuth("ada", "secret")
	return r
}

// serve serves a request and returns the ID that it had.
func serve(h http.Handler) (id string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, orders)
	return w.Header().Get(ctxcache.IDHeader)
}

func TestCache(t *testing.T) {
	leaktest.Check(t)
	var cache ctxcache.Cache
	cache.Next = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := w.Header().Get(ctxcache.IDHeader)
		c, ok := cache.Lookup(id)
		if assert.True(t, ok) {
			assert.Equal(t, id, c.ID)
			assert.Equal(t, "ada", c.User)
			assert.Equal(t, r.Header, c.Header)
		}
	})
	var requests sync.WaitGroup
	for range 200 {
		requests.Go(func() {
			_, ok := cache.Lookup(serve(&cache))
			assert.False(t, ok, "the request is over")
		})
	}
	requests.Wait()
}

func TestCacheWithAHandlerThatPanics(t *testing.T) {
	cache := ctxcache.Cache{Next: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })}
	w := httptest.NewRecorder()
	assert.Panics(t, func() { cache.ServeHTTP(w, orders) })
	_, ok := cache.Lookup(w.Header().Get(ctxcache.IDHeader))
	assert.False(t, ok)
}

func TestCacheDoesNotGrow(t *testing.T) {
	cache := ctxcache.Cache{Next: notFound}
	for range 100 {
		require.True(t, memassert.NoGrowth(t, func() { serve(&cache) }))
	}
}

// The leaking twin is caught each time.
func TestLeakingCacheIsCaught(t *testing.T) {
	for range 3 {
		cache := ctxcache.Leaking{Next: notFound}
		f := faketb.New("TestRequests")
		assert.False(t, memassert.NoGrowth(f, func() { serve(&cache) }, memassert.Settle(0)))
		assert.Contains(t, f.Errors(), "ctxcache.begin  examples/ctxcache/ctxcache.go:31")
		assert.Regexp(t, `[ :]cache\.contexts  sync\.Map\n`, f.Errors(), "the report names the map")
		readme.Report(t, "TestRequests", readme.Suspect(t, f.Errors(), "[]uint8", "*ctxcache.Context", "*sync.entry"), readme.Growth)
	}
}

func TestExpiring(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var cache *ctxcache.Expiring
		slow := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(time.Hour)
			_, ok := cache.Lookup(w.Header().Get(ctxcache.IDHeader))
			assert.True(t, ok, "what is being served does not expire")
		})
		cache = ctxcache.StartExpiring(slow, time.Minute, 50*time.Second)
		defer cache.Close()

		id := serve(cache)
		time.Sleep(time.Minute - time.Second)
		c, ok := cache.Lookup(id)
		require.True(t, ok)
		assert.Equal(t, "ada", c.User)
		time.Sleep(time.Second)
		_, ok = cache.Lookup(id)
		assert.False(t, ok, "the minute is over, and the cleaner has not come yet")
		time.Sleep(time.Minute)
		_, ok = cache.Lookup(id)
		assert.False(t, ok)
	})
}

func TestExpiringClose(t *testing.T) {
	leaktest.Check(t)
	cache := ctxcache.StartExpiring(notFound, time.Minute, time.Nanosecond)
	serve(cache)
	cache.Close()
	cache.Close()
	assert.Panics(t, func() { ctxcache.StartExpiring(notFound, time.Minute, 0) })
}

// While the cache is in use the cleaner keeps up: what is still kept at the end of
// a round goes within the settle time.
func TestExpiringIsCleaned(t *testing.T) {
	cache := ctxcache.StartExpiring(notFound, time.Millisecond, time.Millisecond)
	defer cache.Close()
	memassert.NoGrowth(t, func() { serve(cache) })
}

// And a cache that is closed leaves nothing behind, neither contexts nor a ticker.
func TestExpiringDoesNotGrow(t *testing.T) {
	for range 100 {
		require.True(t, memassert.NoGrowth(t, func() {
			cache := ctxcache.StartExpiring(notFound, time.Minute, time.Minute)
			serve(cache)
			cache.Close()
		}))
	}
}
