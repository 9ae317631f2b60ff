package postgres_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/leakassert/leakassert/examples/services/postgres"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestOrdersSQL(t *testing.T) {
	leaktest.Check(t)
	db := openDB(t, 2)
	poolassert.Check(t, poolassert.DB("orders", db))
	orders := postgres.OrdersSQL{DB: db}
	ctx := context.Background()
	require.NoError(t, orders.Transact(ctx, func(tx *sql.Tx) error {
		_, err := tx.Exec(`UPDATE orders SET total = 100 WHERE id = 3`)
		return err
	}))
	totals := make(map[string]int64)
	require.NoError(t, orders.Each(ctx, func(rows *sql.Rows) error {
		var customer string
		var total int64
		err := rows.Scan(&customer, &total)
		totals[customer] += total
		return err
	}))
	assert.Equal(t, map[string]int64{"ada": 300, "bob": 100}, totals)
}

// Of errors there may be many more than connections.
func TestOrdersSQLGiveBack(t *testing.T) {
	db := openDB(t, 2)
	orders := postgres.OrdersSQL{DB: db}
	ctx := context.Background()
	for range 50 {
		require.True(t, poolassert.NoLeak(t, func() {
			assert.ErrorIs(t, orders.Each(ctx, func(*sql.Rows) error { return errStop }), errStop)
			assert.ErrorIs(t, orders.Transact(ctx, func(*sql.Tx) error { return errStop }), errStop)
			assert.Panics(t, func() { _ = orders.Each(ctx, func(*sql.Rows) error { panic("a bug") }) })
		}, poolassert.DB("orders", db)))
	}
}
