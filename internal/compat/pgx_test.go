package compat

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var background = context.Background()

func newPGX(t *testing.T, set ...func(*pgxpool.Config)) *pgxpool.Pool {
	config := must(pgxpool.ParseConfig(postgres(t)))
	for _, s := range set {
		s(config)
	}
	pool := must(pgxpool.NewWithConfig(background, config))
	t.Cleanup(pool.Close)
	return pool
}

const count = "select generate_series(1, 3)"

// readAll reads rows to the end and does not close them.
func readAll(rows pgx.Rows) {
	for rows.Next() {
	}
}

func TestPGXLeaks(t *testing.T) {
	pool := newPGX(t)
	watched := poolassert.PGX("orders", pool)
	leaks(t, watched, "orders  InUse 0 → 1", func() {
		c := must(pool.Acquire(background))
		t.Cleanup(c.Release)
	})
	leaks(t, watched, "orders  InUse 1 → 2", func() {
		rows := must(pool.Query(background, count))
		t.Cleanup(rows.Close)
	})
	leaks(t, watched, "orders  InUse 2 → 3", func() {
		row := pool.QueryRow(background, "select 1")
		t.Cleanup(func() { var n int; assert.NoError(t, row.Scan(&n)) })
	})
	report := leaks(t, watched, "orders  InUse 3 → 4", func() {
		tx := must(pool.Begin(background))
		t.Cleanup(func() { assert.NoError(t, tx.Rollback(background)) })
	})
	assert.Contains(t, report, "the pool's Close waits for what is out")
}

// sleep tells when it has begun: pgx keeps a connection for as long as the server
// runs the query, and the server forgets a request to cancel one that has not begun.
const sleep = "do $$ begin raise notice 'begun'; perform pg_sleep(60); end $$"

func TestPGXHolds(t *testing.T) {
	begun := make(chan struct{}, 1)
	pool := newPGX(t, func(c *pgxpool.Config) {
		c.ConnConfig.OnNotice = func(*pgconn.PgConn, *pgconn.Notice) { begun <- struct{}{} }
	})
	watched := poolassert.PGX("orders", pool)
	for name, body := range map[string]func(){
		"rows read to the end": func() { readAll(must(pool.Query(background, count))) },
		"rows closed":          func() { must(pool.Query(background, count)).Close() },
		"row scanned":          func() { var n int; assert.NoError(t, pool.QueryRow(background, "select 1").Scan(&n)) },
		"transaction ended": func() {
			tx := must(pool.Begin(background))
			readAll(must(tx.Query(background, count)))
			assert.NoError(t, tx.Commit(background))
		},
		"transaction failed": func() {
			tx := must(pool.Begin(background))
			_, err := tx.Exec(background, "select 1/0")
			assert.Error(t, err)
			assert.NoError(t, tx.Rollback(background))
		},
		"cancelled in mid-query": func() {
			ctx, cancel := context.WithCancel(background)
			defer cancel()
			go func() { <-begun; cancel() }()
			_, err := pool.Exec(ctx, sleep)
			assert.ErrorIs(t, err, context.Canceled)
		},
		"rows cancelled": func() {
			ctx, cancel := context.WithCancel(background)
			rows := must(pool.Query(ctx, "select generate_series(1, 1000000)"))
			rows.Next()
			cancel()
			readAll(rows)
			assert.Error(t, rows.Err())
		},
		"released elsewhere": func() {
			c := must(pool.Acquire(background))
			go c.Release()
		},
		"reset": func() { c := must(pool.Acquire(background)); pool.Reset(); c.Release() },
	} {
		t.Run(name, func(t *testing.T) { holds(t, watched, body) })
	}
}

// The health check takes idle connections for a moment, and closes them.
func TestPGXHealthCheckHolds(t *testing.T) {
	pool := newPGX(t, func(c *pgxpool.Config) {
		c.HealthCheckPeriod = time.Millisecond
		c.MaxConnIdleTime = time.Millisecond
		c.MinConns = 2
		c.MaxConns = 8
	})
	holds(t, poolassert.PGX("orders", pool), func() {
		closed := pool.Stat().MaxIdleDestroyCount()
		var all []*pgxpool.Conn
		for range 4 {
			all = append(all, must(pool.Acquire(background)))
		}
		for _, c := range all {
			c.Release()
		}
		readAll(must(pool.Query(background, count)))
		require.Eventually(t, func() bool { return pool.Stat().MaxIdleDestroyCount() > closed }, 10*time.Second, time.Millisecond)
	})
}

func TestPGXShrinkingHolds(t *testing.T) {
	pool := newPGX(t, func(c *pgxpool.Config) {
		c.MaxConnLifetime = time.Millisecond
		c.HealthCheckPeriod = time.Millisecond
	})
	holds(t, poolassert.PGX("orders", pool), func() {
		a, b := must(pool.Acquire(background)), must(pool.Acquire(background))
		a.Release()
		b.Release()
	})
}

func acquireAndForget(t *testing.T, pool *pgxpool.Pool) {
	c := must(pool.Acquire(background))
	t.Cleanup(c.Release)
}

// The hooks of a pool tell who has taken a connection.
func TestPGXCheckouts(t *testing.T) {
	var out poolassert.Checkouts
	pool := newPGX(t, func(c *pgxpool.Config) {
		c.PrepareConn = func(_ context.Context, c *pgx.Conn) (bool, error) { out.Out(c); return true, nil }
		c.AfterRelease = func(c *pgx.Conn) bool { out.Back(c); return true }
	})
	watched := poolassert.With(poolassert.PGX("orders", pool), poolassert.KnownBy(&out))
	holds(t, watched, func() {
		c := must(pool.Acquire(background))
		readAll(must(pool.Query(background, count)))
		c.Release()
	})
	report := leaks(t, watched, "orders  InUse 0 → 1", func() {
		readAll(must(pool.Query(background, count)))
		acquireAndForget(t, pool)
	})
	assert.Regexp(t, `\n    checked out  compat\.acquireAndForget  pgx_test\.go:\d+\n`, report)
}

// A trace can't tell who has taken what is out: pgxpool makes many of what it lends
// at a time.
func TestPGXTrace(t *testing.T) {
	t.Setenv("LEAKTEST", "trace")
	pool := newPGX(t)
	report := leaks(t, poolassert.PGX("orders", pool), "orders  InUse 0 → 1", func() {
		readAll(must(pool.Query(background, count)))
		acquireAndForget(t, pool)
	})
	assert.NotContains(t, report, "checked out")
	assert.NotContains(t, report, "candidate")
}
