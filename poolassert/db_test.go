package poolassert_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// kept is what tests still refer to while a check looks.
var kept []any

func keep[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	kept = append(kept, v)
	return v
}

func forget() { kept = nil }

func TestDBLeaks(t *testing.T) {
	defer forget()
	for name, leak := range map[string]func(*sql.DB) (release func() error){
		"rows not closed": func(db *sql.DB) func() error { return keep(db.Query("select")).Close },
		"rows left half read": func(db *sql.DB) func() error {
			rows := keep(db.Query("select"))
			rows.Next()
			return rows.Close
		},
		"QueryRow without Scan": func(db *sql.DB) func() error {
			row := keep(db.QueryRow("select"), nil)
			return func() error { var n int; return row.Scan(&n) }
		},
		"Tx not finished": func(db *sql.DB) func() error { return keep(db.Begin()).Rollback },
		"Conn not closed": func(db *sql.DB) func() error { return keep(db.Conn(context.Background())).Close },
		"rows of a Stmt": func(db *sql.DB) func() error {
			s := keep(db.Prepare("select"))
			s.Close()
			return keep(db.Query("select")).Close
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := openDB(t, &connector{})
			var release func() error
			f := faketb.New("T")
			assert.False(t, poolassert.NoLeak(f, func() { release = leak(db) }, soon(poolassert.DB("orders", db))))
			assert.Regexp(t, `^T leaked \(settled for 20ms\): 1 pool slot\n\npool       \+1  orders  InUse 0 → 1\n`, f.Errors())
			f = faketb.New("T")
			assert.True(t, poolassert.NoLeak(f, func() { assert.NoError(t, release()) }, poolassert.DB("orders", db)))
			assert.Empty(t, f.Errors()+f.Logs(), "what was out before may come back")
		})
	}
}

func TestDBReport(t *testing.T) {
	defer forget()
	db := openDB(t, &connector{})
	f := faketb.New("T")
	poolassert.NoLeak(f, func() {
		keep(db.Query("select"))
		keep(db.Begin())
	}, soon(poolassert.DB("orders", db)))
	golden(t, "db", f.Errors())
}

func TestDBClean(t *testing.T) {
	defer forget()
	for name, body := range map[string]func(*testing.T, *sql.DB){
		"rows read to the end": func(t *testing.T, db *sql.DB) {
			rows := keep(db.Query("select"))
			for rows.Next() {
			}
			assert.NoError(t, rows.Err())
		},
		"rows closed": func(t *testing.T, db *sql.DB) { assert.NoError(t, keep(db.Query("select")).Close()) },
		"row scanned": func(t *testing.T, db *sql.DB) {
			var n int
			assert.NoError(t, db.QueryRow("select").Scan(&n))
		},
		"rows of a Tx that ends": func(t *testing.T, db *sql.DB) {
			tx := keep(db.Begin())
			keep(tx.Query("select"))
			assert.NoError(t, tx.Rollback())
		},
		"context of a Tx cancelled": func(t *testing.T, db *sql.DB) {
			ctx, cancel := context.WithCancel(context.Background())
			keep(db.BeginTx(ctx, nil))
			cancel()
		},
		"context of rows cancelled": func(t *testing.T, db *sql.DB) {
			ctx, cancel := context.WithCancel(context.Background())
			keep(db.QueryContext(ctx, "select"))
			cancel()
		},
		"fewer idle connections": func(t *testing.T, db *sql.DB) {
			db.SetMaxIdleConns(0)
			assert.NoError(t, keep(db.Conn(context.Background())).Close())
		},
		"more idle connections": func(t *testing.T, db *sql.DB) {
			db.SetMaxIdleConns(8)
			var conns []*sql.Conn
			for range 8 {
				conns = append(conns, keep(db.Conn(context.Background())))
			}
			for _, c := range conns {
				assert.NoError(t, c.Close())
			}
		},
		"closed during the check": func(t *testing.T, db *sql.DB) { assert.NoError(t, db.Close()) },
	} {
		t.Run(name, func(t *testing.T) {
			db := openDB(t, &connector{})
			require.NoError(t, db.Ping())
			f := faketb.New("T")
			for range 20 {
				assert.True(t, poolassert.NoLeak(f, func() { body(t, db) }, poolassert.DB("orders", db)))
				if db.Ping() != nil {
					break
				}
			}
			assert.Empty(t, f.Errors()+f.Logs())
		})
	}
}

// A watched pool calls look at each look, with its number, before it is asked.
type watched struct {
	poolassert.Pool
	looks int
	look  func(int)
}

func (w *watched) Stats() poolassert.Stats {
	w.looks++
	w.look(w.looks)
	return w.Pool.Stats()
}

// A connection comes back some time after its query's context was cancelled.
func TestDBCancelledInMidQuery(t *testing.T) {
	defer forget()
	c := &connector{closing: make(chan struct{}), asked: make(chan struct{})}
	db := openDB(t, c)
	f := faketb.New("T")
	seen := int64(0)
	p := &watched{Pool: poolassert.DB("orders", db)}
	p.look = func(look int) {
		switch look {
		case 2:
			seen = p.Pool.Stats().InUse
		case 3:
			close(c.closing)
		}
	}
	assert.True(t, poolassert.NoLeak(f, func() {
		ctx, cancel := context.WithCancel(context.Background())
		go func() { <-c.asked; cancel() }()
		_, err := db.QueryContext(ctx, "wait")
		assert.ErrorIs(t, err, context.Canceled)
		ctx, cancel = context.WithCancel(context.Background())
		keep(db.QueryContext(ctx, "select"))
		cancel()
	}, p))
	assert.Empty(t, f.Errors()+f.Logs())
	assert.Equal(t, int64(1), seen, "it was out at the first look")
}

func TestDBClosedBefore(t *testing.T) {
	db := openDB(t, &connector{})
	require.NoError(t, db.Close())
	f := faketb.New("T")
	assert.False(t, poolassert.NoLeak(f, func() {}, poolassert.DB("orders", db)), "what is not checked does not pass")
	assert.Equal(t, "note: pool: not checked: orders: the pool is closed: begin the check before it is closed", f.Errors())
}

// A leak shows in a pool that was closed, too.
func TestDBClosedWithRowsOut(t *testing.T) {
	defer forget()
	db := openDB(t, &connector{})
	f := faketb.New("T")
	assert.False(t, poolassert.NoLeak(f, func() {
		keep(db.Query("select"))
		assert.NoError(t, db.Close())
	}, soon(poolassert.DB("orders", db))))
	assert.Contains(t, f.Errors(), "orders  InUse 0 → 1")
}

func TestTwoPools(t *testing.T) {
	defer forget()
	a, b := openDB(t, &connector{}), openDB(t, &connector{})
	pools := []poolassert.Pool{soon(poolassert.DB("orders", a)), soon(poolassert.DB("users", b))}
	f := faketb.New("T")
	assert.False(t, poolassert.NoLeak(f, func() { keep(b.Query("select")) }, pools...))
	assert.Contains(t, f.Errors(), "pool       +1  users  InUse 0 → 1")
	assert.NotContains(t, f.Errors(), "orders")
	f = faketb.New("T")
	assert.False(t, poolassert.NoLeak(f, func() {
		keep(a.Query("select"))
		keep(b.Query("select"))
		keep(b.Begin())
	}, pools...))
	golden(t, "twopools", f.Errors())
}
