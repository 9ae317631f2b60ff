//go:build amd64 || arm64

package poolassert_test

import (
	"context"
	"database/sql"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
)

// These leak, and the reports name them. The lines are in the golden files.

func forgetRows(db *sql.DB) { _, _ = db.Query("select") }
func keepRows(db *sql.DB)   { keep(db.Query("select")) }
func forgetRow(db *sql.DB)  { db.QueryRow("select") }
func keepRow(db *sql.DB)    { keep(db.QueryRow("select"), nil) }
func forgetTx(db *sql.DB)   { _, _ = db.Begin() }
func keepTx(db *sql.DB)     { keep(db.Begin()) }
func forgetConn(db *sql.DB) { _, _ = db.Conn(context.Background()) }
func keepConn(db *sql.DB)   { keep(db.Conn(context.Background())) }
func keepRowsInTx(db *sql.DB) {
	tx := keep(db.Begin())
	keep(tx.Query("select"))
}

func closeKept(db *sql.DB) { keep(db.Query("select")).Close() }
func closeRows(db *sql.DB) {
	if rows, err := db.Query("select"); err == nil {
		rows.Close()
	}
}

// someOfMany loses two of five.
func someOfMany(db *sql.DB) {
	for i := range 5 {
		if rows, _ := db.Query("select"); i > 1 {
			rows.Close()
		}
	}
}

// A trace names who has taken a connection, also when nobody refers any more to
// what he has taken.
func TestDBTrace(t *testing.T) {
	defer forget()
	t.Setenv("LEAKTEST", "trace")
	for name, leak := range map[string]struct {
		leak func(*sql.DB)
		want string
	}{
		"rows forgotten": {forgetRows, `checked out  \*sql\.Rows  poolassert_test\.forgetRows  poolassert/dbtrace_test\.go:\d+`},
		"rows kept":      {keepRows, `checked out  \*sql\.Rows  poolassert_test\.keepRows  poolassert/dbtrace_test\.go:\d+`},
		"row forgotten":  {forgetRow, `checked out  \*sql\.Rows  poolassert_test\.forgetRow  poolassert/dbtrace_test\.go:\d+`},
		"row kept":       {keepRow, `checked out  \*sql\.Rows  poolassert_test\.keepRow  poolassert/dbtrace_test\.go:\d+`},
		"Tx forgotten":   {forgetTx, `checked out  \*sql\.Tx  poolassert_test\.forgetTx  poolassert/dbtrace_test\.go:\d+`},
		"Tx kept":        {keepTx, `checked out  \*sql\.Tx  poolassert_test\.keepTx  poolassert/dbtrace_test\.go:\d+`},
		"Conn forgotten": {forgetConn, `checked out  \*sql\.Conn  poolassert_test\.forgetConn  poolassert/dbtrace_test\.go:\d+`},
		"Conn kept":      {keepConn, `checked out  \*sql\.Conn  poolassert_test\.keepConn  poolassert/dbtrace_test\.go:\d+`},
	} {
		t.Run(name, func(t *testing.T) {
			db := openDB(t, &connector{})
			f := faketb.New("T")
			assert.False(t, poolassert.NoLeak(f, func() { leak.leak(db) }, soon(poolassert.DB("orders", db))))
			assert.Regexp(t, `(?m)^    `+leak.want+`$`, f.Errors())
			assert.NotContains(t, f.Errors(), "LEAKTEST=trace")
		})
	}
}

func TestDBTraceReports(t *testing.T) {
	t.Setenv("LEAKTEST", "trace")
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // garbage tells what it was
	for name, body := range map[string]func(*sql.DB){
		"dbtrace":         func(db *sql.DB) { keepTx(db); keepRows(db); keepRows(db) },
		"dbtraceforgot":   func(db *sql.DB) { forgetRows(db) },
		"dbtraceamong":    func(db *sql.DB) { closeRows(db); forgetRows(db) },
		"dbtracegone":     func(db *sql.DB) { closeRows(db); forgetRows(db); runtime.GC() },
		"dbtraceelse":     func(db *sql.DB) { keepRows(openDB(t, &connector{})); forgetRows(db); runtime.GC() },
		"dbtracelive":     func(db *sql.DB) { closeRows(db); keepRows(db) },
		"dbtracemany":     func(db *sql.DB) { someOfMany(db) },
		"dbtracekept":     func(db *sql.DB) { closeKept(db); forgetRows(db) },
		"dbtraceintx":     func(db *sql.DB) { keepRowsInTx(db) },
		"dbtraceinnocent": func(db *sql.DB) { closeKept(db); keepTx(db) },
	} {
		t.Run(name, func(t *testing.T) {
			defer forget()
			db := openDB(t, &connector{})
			f := faketb.New("T")
			assert.False(t, poolassert.NoLeak(f, func() { body(db) }, soon(poolassert.DB("orders", db))))
			golden(t, name, steady(f.Errors()))
		})
	}
}

// What was out before a trace begins is not named.
func TestDBTraceBegunMidway(t *testing.T) {
	defer forget()
	t.Setenv("LEAKTEST", "trace")
	db := openDB(t, &connector{})
	f := faketb.New("T")
	assert.False(t, poolassert.NoLeak(f, func() { keepRows(db) }, soon(poolassert.DB("orders", db))))
	f = faketb.New("T")
	assert.False(t, poolassert.NoLeak(f, func() { keepTx(db) }, soon(poolassert.DB("orders", db))))
	assert.Contains(t, f.Errors(), "keepTx")
	assert.NotContains(t, f.Errors(), "keepRows")
}
