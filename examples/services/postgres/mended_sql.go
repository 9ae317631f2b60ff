package postgres

import (
	"context"
	"database/sql"
)

// OrdersSQL is the mended repository by database/sql.
type OrdersSQL struct{ DB *sql.DB }

// Each calls do for the customer and the total of each order.
func (o OrdersSQL) Each(ctx context.Context, do func(*sql.Rows) error) error {
	rows, err := o.DB.QueryContext(ctx, all)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := do(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Transact calls do in a transaction.
func (o OrdersSQL) Transact(ctx context.Context, do func(*sql.Tx) error) error {
	tx, err := o.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after Commit it does nothing
	if err := do(tx); err != nil {
		return err
	}
	return tx.Commit()
}
