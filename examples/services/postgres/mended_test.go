package postgres_test

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/leakassert/leakassert/examples/services/postgres"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOrders(t *testing.T) {
	leaktest.Check(t)
	var out poolassert.Checkouts
	pool := open(t, 2, told(&out))
	poolassert.Check(t, poolassert.With(poolassert.PGX("orders", pool), poolassert.KnownBy(&out)))
	orders := postgres.Orders{Pool: pool}
	ctx := context.Background()
	require.NoError(t, orders.Transact(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE orders SET total = 100 WHERE id = 3`)
		return err
	}))
	assert.ErrorIs(t, orders.Transact(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM orders`)
		assert.NoError(t, err)
		return errStop
	}), errStop)
	assert.Panics(t, func() { _ = orders.Transact(ctx, func(pgx.Tx) error { panic("a bug") }) })
	totals := make(map[string]int64)
	require.NoError(t, orders.Each(ctx, func(row pgx.CollectableRow) error {
		var customer string
		var total int64
		err := row.Scan(&customer, &total)
		totals[customer] += total
		return err
	}))
	assert.Equal(t, map[string]int64{"ada": 300, "bob": 100}, totals)
}

// Of errors there may be many more than connections.
func TestOrdersGiveBack(t *testing.T) {
	pool := open(t, 2)
	orders := postgres.Orders{Pool: pool}
	ctx := context.Background()
	for range 50 {
		require.True(t, poolassert.NoLeak(t, func() {
			assert.ErrorIs(t, orders.Each(ctx, func(pgx.CollectableRow) error { return errStop }), errStop)
			assert.ErrorIs(t, orders.Transact(ctx, func(pgx.Tx) error { return errStop }), errStop)
			assert.Panics(t, func() { _ = orders.Each(ctx, func(pgx.CollectableRow) error { panic("a bug") }) })
		}, poolassert.PGX("orders", pool)))
	}
}

func TestOrdersTogether(t *testing.T) {
	pool := open(t, 2)
	poolassert.Check(t, poolassert.PGX("orders", pool))
	orders := postgres.Orders{Pool: pool}
	var requests sync.WaitGroup
	for range 50 {
		requests.Go(func() {
			ctx := context.Background()
			assert.ErrorIs(t, orders.Each(ctx, func(pgx.CollectableRow) error { return errStop }), errStop)
			assert.ErrorIs(t, orders.Transact(ctx, func(pgx.Tx) error { return errStop }), errStop)
		})
	}
	requests.Wait()
}

// A context that is done in the middle of it costs the connection, not its place in
// the pool.
func TestOrdersCancelled(t *testing.T) {
	pool := open(t, 1)
	poolassert.Check(t, poolassert.PGX("orders", pool))
	orders := postgres.Orders{Pool: pool}
	for range 10 {
		ctx, cancel := context.WithCancel(context.Background())
		assert.ErrorIs(t, orders.Transact(ctx, func(tx pgx.Tx) error {
			cancel()
			_, err := tx.Exec(ctx, `SELECT 1`)
			return err
		}), context.Canceled)
	}
	assert.NoError(t, orders.Transact(context.Background(), func(pgx.Tx) error { return nil }))
}
