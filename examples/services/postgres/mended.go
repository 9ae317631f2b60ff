package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Orders is the repository mended: whatever do returns, and if it panics, the
// connection goes back.
type Orders struct{ Pool *pgxpool.Pool }

// Each calls do for the customer and the total of each order.
func (o Orders) Each(ctx context.Context, do func(pgx.CollectableRow) error) error {
	rows, err := o.Pool.Query(ctx, all)
	if err != nil {
		return err
	}
	defer rows.Close() // it reads what is left: LIMIT what may be much
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Transact calls do in a transaction. [pgx.BeginFunc] ends it either way.
func (o Orders) Transact(ctx context.Context, do func(pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, o.Pool, do)
}
