package postgres

import (
	"context"
	"database/sql"
)

// LeakingSQL is the leaking repository by database/sql, which takes back what is out
// when the context of the query is done, and that of a worker, or
// context.Background, is done when the process ends.
type LeakingSQL struct{ DB *sql.DB }

// Each calls do for the customer and the total of each order.
func (l LeakingSQL) Each(ctx context.Context, do func(*sql.Rows) error) error {
	rows, err := l.DB.QueryContext(ctx, all)
	if err != nil {
		return err
	}
	for rows.Next() { // which closes them after the last one; Scan never does
		if err := do(rows); err != nil {
			return err // and rows have their connection still
		}
	}
	return rows.Err()
}

// Transact calls do in a transaction.
func (l LeakingSQL) Transact(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := l.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		return err // and tx has its connection still
	}
	return tx.Commit()
}
