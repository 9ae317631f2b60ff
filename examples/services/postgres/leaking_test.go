//go:build leaking

// The tests behind this build tag fail: they show how the leak is caught.
package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/leakassert/leakassert/examples/services/postgres"
	"github.com/leakassert/leakassert/poolassert"
)

func TestLeakingOrders(t *testing.T) {
	var out poolassert.Checkouts
	pool := open(t, 2, told(&out))
	var rows pgx.Rows
	t.Cleanup(func() { rows.Close() }) // after the check, and before the pool's Close, which waits for it
	poolassert.Check(t, poolassert.With(poolassert.PGX("orders", pool), poolassert.KnownBy(&out)))
	_ = postgres.Leaking{Pool: pool}.Each(context.Background(), keptRows(&rows))
}
