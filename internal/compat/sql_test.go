package compat

import (
	"context"
	"database/sql"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
)

func newSQL(t *testing.T) *sql.DB {
	db := must(sql.Open("pgx", postgres(t)))
	t.Cleanup(func() { db.Close() })
	return db
}

func readRows(rows *sql.Rows) {
	for rows.Next() {
	}
}

func beginAndForget(t *testing.T, db *sql.DB) {
	tx := must(db.Begin())
	t.Cleanup(func() { _ = tx.Rollback() })
}

func TestSQLLeaks(t *testing.T) {
	db := newSQL(t)
	watched := poolassert.DB("orders", db)
	leaks(t, watched, "orders  InUse 0 → 1", func() {
		rows := must(db.Query(count))
		t.Cleanup(func() { rows.Close() })
	})
	leaks(t, watched, "orders  InUse 1 → 2", func() { beginAndForget(t, db) })
	leaks(t, watched, "orders  InUse 2 → 3", func() {
		c := must(db.Conn(background))
		t.Cleanup(func() { c.Close() })
	})
	leaks(t, watched, "orders  InUse 3 → 4", func() {
		row := db.QueryRow("select 1")
		t.Cleanup(func() { var n int; assert.NoError(t, row.Scan(&n)) })
	})
}

func TestSQLTrace(t *testing.T) {
	t.Setenv("LEAKTEST", "trace")
	db := newSQL(t)
	report := leaks(t, poolassert.DB("orders", db), "orders  InUse 0 → 1", func() { beginAndForget(t, db) })
	assert.Regexp(t, `\n    checked out  \*sql\.Tx  compat\.beginAndForget  sql_test\.go:\d+\n`, report)
}

func TestSQLHolds(t *testing.T) {
	db := newSQL(t)
	watched := poolassert.DB("orders", db)
	for name, body := range map[string]func(){
		"rows read to the end": func() { readRows(must(db.Query(count))) },
		"row scanned":          func() { var n int; assert.NoError(t, db.QueryRow("select 1").Scan(&n)) },
		"transaction with rows": func() {
			tx := must(db.Begin())
			must(tx.Query(count))
			assert.NoError(t, tx.Rollback())
		},
		"cancelled in mid-query": func() {
			ctx, cancel := context.WithTimeout(background, 200*time.Millisecond)
			defer cancel()
			_, err := db.ExecContext(ctx, "select pg_sleep(1)") // a cancellation in front of it would be lost
			assert.Error(t, err)
		},
		"rows cancelled": func() {
			ctx, cancel := context.WithCancel(background)
			must(db.QueryContext(ctx, count))
			cancel()
		},
		"transaction cancelled": func() {
			ctx, cancel := context.WithCancel(background)
			tx := must(db.BeginTx(ctx, nil))
			must(tx.QueryContext(ctx, count))
			cancel()
		},
		"shrinking": func() {
			db.SetMaxIdleConns(2)
			a, b := must(db.Conn(background)), must(db.Conn(background))
			a.Close()
			db.SetMaxIdleConns(-1)
			b.Close()
		},
		"expiring": func() {
			db.SetConnMaxIdleTime(time.Millisecond)
			db.SetConnMaxLifetime(time.Millisecond)
			readRows(must(db.Query(count)))
		},
	} {
		t.Run(name, func(t *testing.T) { holds(t, watched, body) })
	}
}
