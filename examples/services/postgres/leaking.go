package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Leaking is the repository that gives a connection back when all goes well. Each
// error of a caller keeps one for good: pgxpool takes none back by itself, not when
// the rows or the transaction are garbage, and not when their context is done. Even
// the pool's Close waits for it.
type Leaking struct{ Pool *pgxpool.Pool }

// Each calls do for the customer and the total of each order.
func (l Leaking) Each(ctx context.Context, do func(pgx.CollectableRow) error) error {
	rows, err := l.Pool.Query(ctx, all)
	if err != nil {
		return err
	}
	for rows.Next() { // which closes them after the last one, as Scan does when it fails
		if err := do(rows); err != nil {
			return err // and rows have their connection still
		}
	}
	return rows.Err()
}

// Transact calls do in a transaction.
func (l Leaking) Transact(ctx context.Context, do func(pgx.Tx) error) error {
	tx, err := l.Pool.Begin(ctx)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return err // and tx has its connection still, and on the server its locks
	}
	return tx.Commit(ctx)
}
