package bench

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// lender is a pool of connections of database/sql with some of them out.
var lender = sql.OpenDB(connector{})

// lend has n connections out.
func lend(n int) (release func(), err error) {
	var conns []*sql.Conn
	release = func() {
		for _, c := range conns {
			c.Close()
		}
	}
	for range n {
		c, err := lender.Conn(context.Background())
		if err != nil {
			release()
			return nil, err
		}
		conns = append(conns, c)
	}
	return release, nil
}

// A connector connects to nothing.
type connector struct{}

func (connector) Connect(context.Context) (driver.Conn, error) { return connection{}, nil }
func (connector) Driver() driver.Driver                        { return nil }

type connection struct{}

var errNothing = errors.New("bench: there is nothing behind this connection")

func (connection) Prepare(string) (driver.Stmt, error) { return nil, errNothing }
func (connection) Close() error                        { return nil }
func (connection) Begin() (driver.Tx, error)           { return nil, errNothing }
