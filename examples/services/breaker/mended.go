package breaker

import "context"

// Payments is the mended service. The line after the one that takes something says
// that it is given back, so the fallback has nothing to think of, and neither has a panic.
type Payments struct{ *Service }

// Pay pays an order.
func (p Payments) Pay(ctx context.Context, order int64) error {
	select {
	case p.Turn <- struct{}{}:
		defer func() { <-p.Turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	tx, err := p.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() // after Commit it does nothing
	if err := mark(ctx, tx, order); err != nil {
		return err
	}
	switch err := p.charge(ctx, order); {
	case refused(err):
		return ErrLater
	case err != nil:
		return err
	}
	return tx.Commit()
}
