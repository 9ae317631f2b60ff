package poolassert_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"io"
	"testing"
)

// openDB is a database whose queries return three rows each.
func openDB(t testing.TB, c *connector) *sql.DB {
	db := sql.OpenDB(c)
	t.Cleanup(func() { db.Close() })
	return db
}

// A connector connects to a database that answers every query with three rows.
type connector struct {
	asked   chan struct{} // the query "wait" sends here when it runs, and waits for its context
	closing chan struct{} // not nil: rows are closed once something comes from here
}

func (c *connector) Connect(context.Context) (driver.Conn, error) { return &sqlConn{c}, nil }
func (c *connector) Driver() driver.Driver                        { return nil }

type sqlConn struct{ of *connector }

func (c *sqlConn) Prepare(query string) (driver.Stmt, error) { return &sqlStmt{c, query}, nil }
func (c *sqlConn) Begin() (driver.Tx, error)                 { return sqlTx{}, nil }
func (c *sqlConn) Close() error                              { return nil }

type sqlTx struct{}

func (sqlTx) Commit() error   { return nil }
func (sqlTx) Rollback() error { return nil }

type sqlStmt struct {
	conn  *sqlConn
	query string
}

func (s *sqlStmt) Close() error                               { return nil }
func (s *sqlStmt) NumInput() int                              { return -1 }
func (s *sqlStmt) Exec([]driver.Value) (driver.Result, error) { return driver.RowsAffected(1), nil }
func (s *sqlStmt) Query([]driver.Value) (driver.Rows, error)  { return &sqlRows{s.conn.of, 3}, nil }

func (s *sqlStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	if s.query == "wait" {
		s.conn.of.asked <- struct{}{}
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.Query(nil)
}

type sqlRows struct {
	of   *connector
	left int
}

func (r *sqlRows) Columns() []string { return []string{"id"} }

func (r *sqlRows) Close() error {
	if r.of.closing != nil {
		<-r.of.closing
	}
	return nil
}

func (r *sqlRows) Next(into []driver.Value) error {
	if r.left == 0 {
		return io.EOF
	}
	into[0] = int64(r.left)
	r.left--
	return nil
}
