package bench

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/leakassert/leakassert/poolassert"
)

// lender is a pool of connections of database/sql with some of them out.
var lender = sql.OpenDB(connector{})

// lend has n connections out.
func lend(n int) (release func(), err error) {
	return gather(n, func(int) (io.Closer, error) { return lender.Conn(context.Background()) })
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

// poolCases are in groups of the same body.
func poolCases() []Case {
	all := append([]Case{{Body: "empty", By: "floor", Bench: body(func() { readTwice() })}},
		clean("empty", empty, poolCheckers())...)
	return append(all,
		Case{Body: "get-put", By: "floor", Bench: getPut(func() { buffers.Put(buffers.Get().(*buffer)) })},
		Case{Body: "get-put", By: "Tracked", Bench: getPut(func() { tracked.Put(tracked.Get()) })},
	)
}

// readTwice is the floor: the pool's statistics at the begin and at the end.
func readTwice() int {
	before := lender.Stats()
	return lender.Stats().InUse - before.InUse
}

func poolCheckers() []named[checker] {
	pool := poolassert.DB("orders", lender)
	return []named[checker]{
		{"NoLeak", inTest(func(t *tb, body func()) { poolassert.NoLeak(t, body, pool) })},
		{"Check", inTest(func(t *tb, body func()) { poolassert.Check(t, pool); body() })},
	}
}

type buffer [64]byte

var (
	buffers = sync.Pool{New: func() any { return new(buffer) }}
	tracked = poolassert.NewTracked("buffers", func() *buffer { return new(buffer) })
)

// getPut measures a Get and a Put, some times in an operation: one of each takes less
// than the loop.
func getPut(f func()) func(*testing.B) string {
	const times = 1000
	return body(func() {
		for range times {
			f()
		}
	})
}

// TestPoolCheckers shows that what is measured does check.
func TestPoolCheckers(t *testing.T) {
	for _, c := range poolCheckers() {
		t.Run(c.by, func(t *testing.T) {
			if report := c.do(empty); report != "" {
				t.Error(wrongly(report))
			}
			report := c.do(func() {
				conn, err := lender.Conn(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { conn.Close() })
			})
			if !strings.Contains(report, "orders  InUse 0 → 1") {
				t.Errorf("it does not see a connection that is out: %q", report)
			}
		})
	}
}
