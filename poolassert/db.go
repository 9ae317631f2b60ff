package poolassert

import (
	"context"
	"database/sql"
	"errors"

	"github.com/leakassert/leakassert/internal/poolprobe"
)

// DB is the pool of connections of database/sql. A connection is in use until its
// rows are closed or have been read to the end, its transaction is committed or
// rolled back, its Conn closed.
func DB(name string, db *sql.DB) Pool { return dbPool{name, db} }

type dbPool struct {
	name string
	db   *sql.DB
}

func (p dbPool) Name() string    { return p.name }
func (p dbPool) Package() string { return "database/sql" }
func (p dbPool) Prompt()         {}

func (p dbPool) Validate() error {
	if p.db == nil {
		return errors.New(p.name + ": the *sql.DB is nil: open it before the check")
	}
	return nil
}

func (p dbPool) Stats() Stats {
	s := p.db.Stats()
	return Stats{InUse: int64(s.InUse), Idle: int64(s.Idle), Open: int64(s.OpenConnections), Raw: s}
}

// cancelled is a context with which no connection is made.
var cancelled = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// Closed asks without taking a connection: that the pool is closed is told first.
func (p dbPool) Closed() bool {
	err := p.db.PingContext(cancelled)
	return err != nil && !errors.Is(err, context.Canceled)
}

var _ interface {
	poolprobe.Prompt
	poolprobe.Lender
	poolprobe.Closer
	poolprobe.Validator
} = dbPool{}
