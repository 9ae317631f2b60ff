//go:build leaking

// The tests behind this build tag fail: they show how the leak is caught.
package web_test

import (
	"context"
	"testing"

	"github.com/leakassert/leakassert/examples/services/web"
	"github.com/leakassert/leakassert/leaktest"
)

func TestLeakingClient(t *testing.T) {
	url, _ := serve(t)
	client, pool := transport(t, 0)
	leaktest.Check(t, leaktest.Pools(pool), leaktest.Only(leaktest.KindGoroutine, leaktest.KindPool))
	stock := web.Leaking{HTTP: client, URL: url}
	for _, sku := range []string{"tea", "coffee", "milk"} {
		_, _ = stock.Stock(context.Background(), sku)
	}
}
