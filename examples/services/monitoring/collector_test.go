package monitoring_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/leakassert/leakassert/examples/services/internal/servertest"
	"github.com/leakassert/leakassert/examples/services/monitoring"
	"github.com/leakassert/leakassert/examples/services/sqlite"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const help = `
# HELP db_connections_idle Connections that wait to be taken.
# TYPE db_connections_idle gauge
# HELP db_connections_in_use Connections that somebody has taken and not given back.
# TYPE db_connections_in_use gauge
# HELP db_connections_open Connections that there are.
# TYPE db_connections_open gauge
# HELP db_connections_waits_total How often somebody has had to wait for a connection.
# TYPE db_connections_waits_total counter
`

func shows(t *testing.T, c prometheus.Collector, metrics string) {
	t.Helper()
	assert.NoError(t, testutil.CollectAndCompare(c, strings.NewReader(help+metrics)))
}

func openDB(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "orders.db"), 2)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

func TestDB(t *testing.T) {
	leaktest.Check(t)
	db := openDB(t)
	c := monitoring.Collector{"orders": monitoring.DB(db)}
	shows(t, c, `
		db_connections_idle{pool="orders"} 1
		db_connections_in_use{pool="orders"} 0
		db_connections_open{pool="orders"} 1
		db_connections_waits_total{pool="orders"} 0
	`)
	var taken [2]*sql.Conn
	for i := range taken {
		var err error
		taken[i], err = db.Conn(t.Context())
		require.NoError(t, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	pinged := make(chan error, 1)
	go func() { pinged <- db.PingContext(ctx) }()
	require.Eventually(t, func() bool { return db.Stats().WaitCount == 1 }, time.Minute, time.Millisecond)
	cancel()
	require.ErrorIs(t, <-pinged, context.Canceled)
	require.NoError(t, taken[0].Close())
	shows(t, c, `
		db_connections_idle{pool="orders"} 1
		db_connections_in_use{pool="orders"} 1
		db_connections_open{pool="orders"} 2
		db_connections_waits_total{pool="orders"} 1
	`)
	require.NoError(t, taken[1].Close())
}

// What a test would have said is seen: it rises with every error, and stays.
func TestALeakIsSeen(t *testing.T) {
	db := openDB(t)
	c := monitoring.Collector{"orders": monitoring.DB(db)}
	_, err := db.Exec(`INSERT INTO orders (customer) VALUES ('eve')`)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for i := range 3 {
		shows(t, c, strings.NewReplacer("I", strconv.Itoa(max(0, 1-i)), "U", strconv.Itoa(i), "O", strconv.Itoa(max(1, i))).Replace(`
			db_connections_idle{pool="orders"} I
			db_connections_in_use{pool="orders"} U
			db_connections_open{pool="orders"} O
			db_connections_waits_total{pool="orders"} 0
		`))
		if i < 2 {
			_, err := sqlite.Leaking{DB: db}.Totals(ctx)
			require.Error(t, err)
		}
	}
}

func TestPGX(t *testing.T) {
	leaktest.Check(t)
	dsn, _ := servertest.Postgres(t)
	pool, err := pgxpool.New(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(pool.Close)
	conn, err := pool.Acquire(t.Context())
	require.NoError(t, err)
	c := monitoring.Collector{"orders": monitoring.PGX(pool)}
	shows(t, c, `
		db_connections_idle{pool="orders"} 0
		db_connections_in_use{pool="orders"} 1
		db_connections_open{pool="orders"} 1
		db_connections_waits_total{pool="orders"} 1
	`)
	conn.Release()
	shows(t, c, `
		db_connections_idle{pool="orders"} 1
		db_connections_in_use{pool="orders"} 0
		db_connections_open{pool="orders"} 1
		db_connections_waits_total{pool="orders"} 1
	`)
}

// A registry takes it, and the names are as Prometheus wants them.
func TestCollectorIsRegistered(t *testing.T) {
	db := openDB(t)
	c := monitoring.Collector{"orders": monitoring.DB(db), "the same": monitoring.DB(db)}
	problems, err := testutil.CollectAndLint(c)
	require.NoError(t, err)
	assert.Empty(t, problems)
	r := prometheus.NewPedanticRegistry()
	require.NoError(t, r.Register(c))
	n, err := testutil.GatherAndCount(r)
	require.NoError(t, err)
	assert.Equal(t, 8, n)
}
