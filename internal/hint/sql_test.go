package hint_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"testing"

	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/require"
)

// A database answers every query with rows that do not end.
type database struct{}

func (database) Connect(context.Context) (driver.Conn, error) { return database{}, nil }
func (database) Driver() driver.Driver                        { return nil }
func (database) Prepare(string) (driver.Stmt, error)          { return database{}, nil }
func (database) Begin() (driver.Tx, error)                    { return database{}, nil }
func (database) Commit() error                                { return nil }
func (database) Rollback() error                              { return nil }
func (database) Close() error                                 { return nil }
func (database) NumInput() int                                { return -1 }
func (database) Exec([]driver.Value) (driver.Result, error)   { return driver.RowsAffected(1), nil }
func (database) Query([]driver.Value) (driver.Rows, error)    { return database{}, nil }
func (database) Columns() []string                            { return []string{"id"} }
func (database) Next(into []driver.Value) error               { into[0] = int64(1); return nil }

// db is open as long as the process.
var db = sql.OpenDB(database{})

func closes(t *testing.T, all ...io.Closer) (end func()) {
	return func() {
		for _, c := range all {
			require.NoError(t, c.Close())
		}
	}
}

func leakRows(t *testing.T) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	rows, err := db.QueryContext(ctx, "")
	require.NoError(t, err)
	return func() { closes(t, rows)(); cancel() }
}

func leakTx(t *testing.T) (end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	tx, err := db.BeginTx(ctx, nil)
	require.NoError(t, err)
	return func() { require.NoError(t, tx.Rollback()); cancel() }
}

func leakDB(*testing.T) (end func()) {
	db := sql.OpenDB(database{})
	return func() { db.Close() }
}

func leakConn(t *testing.T) (end func()) {
	conn, err := db.Conn(context.Background())
	require.NoError(t, err)
	return closes(t, conn)
}

func leakRow(t *testing.T) (end func()) {
	row := db.QueryRow("")
	return func() {
		var id int
		require.NoError(t, row.Scan(&id))
	}
}

const (
	rowsCause = "rows.Close() is not called:"
	txCause   = "neither Commit nor Rollback is called"
)

// ofPool checks only what is out.
var ofPool = []leaktest.Option{leaktest.Pools(poolassert.DB("orders", db)), leaktest.Only(leaktest.KindPool)}

var ofSQL = []known{
	{name: "rows", cause: "rows.Close() is not called, or Scan", leak: leakRows, nearly: leakTx},
	{name: "tx", cause: txCause, leak: leakTx, nearly: leakRows},
	{name: "db", cause: "db.Close() is not called", leak: leakDB, nearly: leakTx},
	{name: "rows that are out", cause: rowsCause, leak: plainRows, nearly: leakConn, trace: true, opts: ofPool},
	{name: "rows and a conn that are out", cause: rowsCause, leak: plainRows, nearly: plainRowsAndConn, trace: true, opts: ofPool},
	{name: "rows that are out, not a row", cause: rowsCause, leak: plainRows, nearly: leakRow, trace: true, opts: ofPool},
	{name: "a row that is out", cause: "Scan is not called on the row", leak: leakRow, nearly: plainRows, trace: true, opts: ofPool},
	{name: "a tx that is out", cause: txCause, leak: plainTx, nearly: leakConn, trace: true, opts: ofPool},
	{name: "a conn that is out", cause: "conn.Close() is not called", leak: leakConn, nearly: plainTx, trace: true, opts: ofPool},
}

// Without a context that can be cancelled, no goroutine shows them.

func plainRows(t *testing.T) (end func()) {
	rows, err := db.Query("")
	require.NoError(t, err)
	return closes(t, rows)
}

func plainTx(t *testing.T) (end func()) {
	tx, err := db.Begin()
	require.NoError(t, err)
	return func() { require.NoError(t, tx.Rollback()) }
}

func plainRowsAndConn(t *testing.T) (end func()) {
	rows, conn := plainRows(t), leakConn(t)
	return func() { rows(); conn() }
}
