package sqlite

import (
	"context"
	"database/sql"
)

// Leaking is the repository that gives a connection back when all goes well. Each
// error keeps one until its context is done, and that of a worker, or
// context.Background, is done when the process ends. After as many errors as there
// are connections every request waits.
type Leaking struct{ DB *sql.DB }

// Totals is what each customer has ordered for.
func (l Leaking) Totals(ctx context.Context) (map[string]int64, error) {
	rows, err := l.DB.QueryContext(ctx, `SELECT customer, total FROM orders`)
	if err != nil {
		return nil, err
	}
	totals := make(map[string]int64)
	for rows.Next() { // which closes them after the last one
		var customer string
		var total int64
		if err := rows.Scan(&customer, &total); err != nil {
			return nil, err // and rows have their connection still
		}
		totals[customer] += total
	}
	return totals, rows.Err()
}

// Pay takes note that an order is paid.
func (l Leaking) Pay(ctx context.Context, id int64) error {
	tx, err := l.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	r, err := tx.ExecContext(ctx, `UPDATE orders SET paid = 1 WHERE id = ? AND NOT paid`, id)
	if err != nil {
		return err // and tx has its connection still
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		return ErrNotPayable // and here, with SQLite's only lock for writing
	}
	return tx.Commit()
}
