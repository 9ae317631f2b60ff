package memassert_test

import (
	"context"
	"database/sql/driver"
	"io"
)

// A connector connects to a database that answers every query with three rows.
// Connections keep nothing of what they are asked.
type connector struct{}

func (c connector) Connect(context.Context) (driver.Conn, error) {
	return &conn{buf: make([]byte, 4096)}, nil
}
func (c connector) Driver() driver.Driver { return nil }

type conn struct{ buf []byte }

func (c *conn) Prepare(query string) (driver.Stmt, error) { return &stmt{c, query}, nil }
func (c *conn) Begin() (driver.Tx, error)                 { return &tx{c}, nil }
func (c *conn) Close() error                              { return nil }

type tx struct{ *conn }

func (t *tx) Commit() error   { return nil }
func (t *tx) Rollback() error { return nil }

type stmt struct {
	conn  *conn
	query string
}

func (s *stmt) Close() error                               { return nil }
func (s *stmt) NumInput() int                              { return -1 }
func (s *stmt) Exec([]driver.Value) (driver.Result, error) { return driver.RowsAffected(1), nil }
func (s *stmt) Query([]driver.Value) (driver.Rows, error)  { return &rows{left: 3}, nil }

type rows struct{ left int }

func (r *rows) Columns() []string { return []string{"id", "name"} }
func (r *rows) Close() error      { return nil }

func (r *rows) Next(into []driver.Value) error {
	if r.left == 0 {
		return io.EOF
	}
	into[0], into[1] = int64(r.left), "Ada"
	r.left--
	return nil
}
