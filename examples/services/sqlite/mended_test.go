package sqlite_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/examples/services/sqlite"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// open is a database of the test's own, with three orders.
func open(t *testing.T, connections int) *sql.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "orders.db"), connections)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	_, err = db.Exec(`INSERT INTO orders (id, customer, total) VALUES (1, 'ada', 250), (2, 'ada', 50), (3, 'bob', 120)`)
	require.NoError(t, err)
	return db
}

// unfinished adds an order without a total, which Scan can't put into an int64.
func unfinished(t *testing.T, db *sql.DB) {
	t.Helper()
	_, err := db.Exec(`INSERT INTO orders (customer) VALUES ('eve')`)
	require.NoError(t, err)
}

func TestOrders(t *testing.T) {
	leaktest.Check(t)
	db := open(t, 2)
	poolassert.Check(t, poolassert.DB("orders", db))
	orders := sqlite.Orders{DB: db}
	totals, err := orders.Totals(t.Context())
	require.NoError(t, err)
	assert.Equal(t, map[string]int64{"ada": 300, "bob": 120}, totals)
	assert.NoError(t, orders.Pay(t.Context(), 1))
	assert.ErrorIs(t, orders.Pay(t.Context(), 1), sqlite.ErrNotPayable, "it is paid")
	assert.ErrorIs(t, orders.Pay(t.Context(), 404), sqlite.ErrNotPayable)
	unfinished(t, db)
	_, err = orders.Totals(t.Context())
	assert.ErrorContains(t, err, `converting NULL to int64 is unsupported`)
}

// Of errors there may be many more than connections.
func TestOrdersGiveBack(t *testing.T) {
	db := open(t, 2)
	unfinished(t, db)
	orders := sqlite.Orders{DB: db}
	for range 50 {
		require.True(t, poolassert.NoLeak(t, func() {
			_, err := orders.Totals(context.Background())
			assert.Error(t, err)
			assert.ErrorIs(t, orders.Pay(context.Background(), 404), sqlite.ErrNotPayable)
		}, poolassert.DB("orders", db)))
	}
}

func TestOrdersTogether(t *testing.T) {
	db := open(t, 2)
	poolassert.Check(t, poolassert.DB("orders", db))
	orders := sqlite.Orders{DB: db}
	var requests sync.WaitGroup
	for range 50 {
		requests.Go(func() {
			_, err := orders.Totals(context.Background())
			assert.NoError(t, err)
			assert.ErrorIs(t, orders.Pay(context.Background(), 404), sqlite.ErrNotPayable)
		})
	}
	requests.Wait()
}

// The leaking twin is caught each time, and with a trace the line that took the
// connection is known.
func TestLeakingOrdersAreCaught(t *testing.T) {
	t.Setenv("LEAKTEST", "trace")
	for _, leak := range []struct {
		query   func(sqlite.Leaking, context.Context) error
		says    string
		because string
	}{
		{
			func(o sqlite.Leaking, ctx context.Context) error { _, err := o.Totals(ctx); return err },
			"checked out  *sql.Rows  sqlite.Leaking.Totals  sqlite/leaking.go:16\n",
			"a row that can't be scanned",
		},
		{
			func(o sqlite.Leaking, ctx context.Context) error { return o.Pay(ctx, 404) },
			"checked out  *sql.Tx  sqlite.Leaking.Pay  sqlite/leaking.go:34\n",
			"an order that there is not",
		},
	} {
		for range 3 {
			db := open(t, 1)
			unfinished(t, db)
			ctx, cancel := context.WithCancel(context.Background())
			f := faketb.New("TestOrdersLeak")
			assert.False(t, poolassert.NoLeak(f, func() { assert.Error(t, leak.query(sqlite.Leaking{DB: db}, ctx)) },
				poolassert.With(poolassert.DB("orders", db), poolassert.Settle(0))), leak.because)
			assert.Contains(t, f.Errors(), "TestOrdersLeak leaked: 1 pool slot\n")
			assert.Contains(t, f.Errors(), "pool       +1  orders  InUse 0 → 1\n")
			assert.Contains(t, f.Errors(), leak.says, leak.because)
			if leak.because == "a row that can't be scanned" {
				readme.Report(t, "TestOrdersLeak", f.Errors())
			}
			cancel()
			require.NoError(t, db.Ping(), "which waits for the only connection")
		}
	}
}

// What the leak does: when all connections are out, a request waits until it gives
// up.
func TestLeakingOrdersStopTheNextRequest(t *testing.T) {
	db := open(t, 2)
	unfinished(t, db)
	orders := sqlite.Leaking{DB: db}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for range 2 {
		_, err := orders.Totals(ctx)
		require.ErrorContains(t, err, "converting NULL")
	}
	late, stop := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer stop()
	_, err := orders.Totals(late)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.EqualValues(t, 1, db.Stats().WaitCount)
	cancel()
	require.NoError(t, db.Ping(), "it was the two that were out")
}
