package tasks

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// Polling is the runner that asks for tasks at each tick, of a [time.Ticker] of one
// second. It leaks nothing, and costs all the time: every runner has a connection to
// itself and asks 86400 times a day, mostly for nothing, and a task waits half a
// second before it is found.
type Polling struct{ Pool *pgxpool.Pool }

// Run does tasks until ctx is done.
func (p Polling) Run(ctx context.Context, ticks <-chan time.Time, do Do) error {
	conn, err := p.Pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticks:
		}
		if err := runAll(ctx, conn, do); err != nil {
			return err
		}
	}
}
