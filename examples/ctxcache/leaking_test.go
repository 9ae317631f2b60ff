//go:build leaking

// The tests behind this build tag fail: they show how the leak is caught. The
// tour runs them.
package ctxcache_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/leakassert/leakassert/examples/ctxcache"
	"github.com/leakassert/leakassert/memassert"
)

func TestLeakingCache(t *testing.T) {
	cache := ctxcache.Leaking{Next: http.NotFoundHandler()}
	request := httptest.NewRequest("GET", "/orders", nil)
	request.Header.Set("Accept", "application/json")
	memassert.NoGrowth(t, func() {
		cache.ServeHTTP(httptest.NewRecorder(), request)
	})
}
