//go:build leaking

// The tests behind this build tag fail: they show how the leak is caught. The
// tour runs them.
package sqlite_test

import (
	"context"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/services/sqlite"
	"github.com/leakassert/leakassert/poolassert"
)

func TestLeakingOrders(t *testing.T) {
	db := open(t, 2)
	unfinished(t, db)
	poolassert.Check(t, poolassert.DB("orders", db))
	orders := sqlite.Leaking{DB: db}
	for range 2 {
		_, err := orders.Totals(context.Background())
		t.Log("a row can't be scanned:", err)
	}
	late, stop := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer stop()
	t.Log("the next request:", orders.Pay(late, 1))
}
