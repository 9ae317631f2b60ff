package tasks

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Listening is the runner that the database tells of tasks. It has a connection as
// well, on which it is told, but asks for nothing while there is nothing, and knows
// of a task when there is one.
type Listening struct {
	Pool *pgxpool.Pool
	Idle func() // if not nil, called when nothing is left to do, before it waits
}

// Run does tasks until ctx is done, and gives the connection back.
func (l Listening) Run(ctx context.Context, do Do) error {
	conn, err := l.Pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer release(ctx, conn)
	if err := listen(ctx, conn); err != nil {
		return err
	}
	for {
		// First what is there: nobody tells again of what came before LISTEN, or
		// while no runner was there to be told.
		if err := runAll(ctx, conn, do); err != nil {
			return err
		}
		if l.Idle != nil {
			l.Idle()
		}
		if _, err := conn.Conn().WaitForNotification(ctx); err != nil {
			return err
		}
	}
}

// listen asks for the notifications of the trigger. Their names are the database's,
// not the schema's as those of tables.
func listen(ctx context.Context, conn *pgxpool.Conn) error {
	var channel string
	if err := conn.QueryRow(ctx, `SELECT current_schema() || '_tasks'`).Scan(&channel); err != nil {
		return err
	}
	_, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize())
	return err
}

// release gives back a connection that listens no more: whoever has it next would be
// told of tasks. ctx is done by now.
func release(ctx context.Context, conn *pgxpool.Conn) {
	defer conn.Release()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	if _, err := conn.Exec(ctx, "UNLISTEN *"); err != nil {
		_ = conn.Conn().Close(ctx) // Release throws it away
	}
}
