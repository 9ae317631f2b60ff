package postgres_test

import (
	"context"
	"database/sql"
	"regexp"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/examples/services/postgres"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// keptRows fails after it has kept what the caller of it forgets.
func keptRows(kept *pgx.Rows) func(pgx.CollectableRow) error {
	return func(row pgx.CollectableRow) error { *kept = row.(pgx.Rows); return errStop }
}

func keptTx(kept *pgx.Tx) func(pgx.Tx) error {
	return func(tx pgx.Tx) error { *kept = tx; return errStop }
}

// allBack waits until a pool has all connections back, see hooked.
func allBack(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	require.Eventually(t, func() bool { return pool.Stat().AcquiredConns() == 0 }, 10*time.Second, time.Millisecond)
}

// varies matches the times in the statistics of the pool, and how often something was.
var varies = regexp.MustCompile(`(s"|Count": +int64\()[^")]+`)

// The leaking twin is caught each time, and as the pool tells who takes a connection
// no trace is needed to know the line.
func TestLeakingOrdersAreCaught(t *testing.T) {
	for name, tell := range map[string]func(*poolassert.Checkouts) func(*pgxpool.Config){"tracer": told, "hooks": hooked} {
		t.Run(name, func(t *testing.T) {
			var out poolassert.Checkouts
			pool := open(t, 1, tell(&out))
			orders := postgres.Leaking{Pool: pool}
			watched := poolassert.With(poolassert.PGX("orders", pool), poolassert.KnownBy(&out), poolassert.Settle(0))
			for range 3 {
				allBack(t, pool)
				var rows pgx.Rows
				f := faketb.New(t.Name())
				assert.False(t, poolassert.NoLeak(f, func() {
					assert.ErrorIs(t, orders.Each(t.Context(), keptRows(&rows)), errStop)
				}, watched))
				assert.Contains(t, f.Errors(), "pool       +1  orders  InUse 0 → 1\n")
				assert.Contains(t, f.Errors(), "checked out  postgres.Leaking.Each  postgres/leaking.go:18\n")
				assert.Contains(t, f.Errors(), "the pool's Close waits for what is out")
				if name == "tracer" {
					readme.Report(t, t.Name(), f.Errors(), varies)
				}
				rows.Close()

				allBack(t, pool)
				var tx pgx.Tx
				f = faketb.New(t.Name())
				assert.False(t, poolassert.NoLeak(f, func() {
					assert.ErrorIs(t, orders.Transact(t.Context(), keptTx(&tx)), errStop)
				}, watched))
				assert.Contains(t, f.Errors(), "pool       +1  orders  InUse 0 → 1\n")
				assert.Contains(t, f.Errors(), "checked out  postgres.Leaking.Transact  postgres/leaking.go:32\n")
				require.NoError(t, tx.Rollback(t.Context()))
			}
		})
	}
}

// What the leak does: the next request waits until it gives up, and a context that
// is done does not bring the connection back.
func TestLeakingOrdersStopTheNextRequest(t *testing.T) {
	pool := open(t, 1)
	orders := postgres.Leaking{Pool: pool}
	ctx, cancel := context.WithCancel(t.Context())
	var tx pgx.Tx
	require.ErrorIs(t, orders.Transact(ctx, keptTx(&tx)), errStop)
	cancel()
	late, stop := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer stop()
	assert.ErrorIs(t, orders.Each(late, nil), context.DeadlineExceeded)
	assert.EqualValues(t, 1, pool.Stat().CanceledAcquireCount())
	require.NoError(t, tx.Rollback(t.Context()))
	assert.NoError(t, pool.Ping(t.Context()))
}

func TestLeakingOrdersSQLAreCaught(t *testing.T) {
	t.Setenv("LEAKTEST", "trace")
	db := openDB(t, 1)
	orders := postgres.LeakingSQL{DB: db}
	watched := poolassert.With(poolassert.DB("orders", db), poolassert.Settle(0))
	for range 3 {
		var rows *sql.Rows
		f := faketb.New(t.Name())
		assert.False(t, poolassert.NoLeak(f, func() {
			assert.ErrorIs(t, orders.Each(t.Context(), func(r *sql.Rows) error { rows = r; return errStop }), errStop)
		}, watched))
		assert.Contains(t, f.Errors(), "pool       +1  orders  InUse 0 → 1\n")
		assert.Contains(t, f.Errors(), "checked out  *sql.Rows  postgres.LeakingSQL.Each  postgres/leaking_sql.go:15\n")
		require.NoError(t, rows.Close())

		var tx *sql.Tx
		f = faketb.New(t.Name())
		assert.False(t, poolassert.NoLeak(f, func() {
			assert.ErrorIs(t, orders.Transact(t.Context(), func(x *sql.Tx) error { tx = x; return errStop }), errStop)
		}, watched))
		assert.Contains(t, f.Errors(), "pool       +1  orders  InUse 0 → 1\n")
		assert.Contains(t, f.Errors(), "checked out  *sql.Tx  postgres.LeakingSQL.Transact  postgres/leaking_sql.go:29\n")
		require.NoError(t, tx.Rollback())
	}
}
