package breaker

import (
	"context"
	"errors"
)

// Leaking is the service whose fallback thinks of the answer only. It gives everything
// back when the provider accepts or fails, so nothing is missing until the breaker opens.
type Leaking struct{ *Service }

// Pay pays an order.
func (l Leaking) Pay(ctx context.Context, order int64) error {
	select {
	case l.Turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	tx, err := l.DB.BeginTx(ctx, nil)
	if err != nil {
		<-l.Turn
		return err
	}
	if err = mark(ctx, tx, order); err == nil {
		err = l.charge(ctx, order)
	}
	switch {
	case refused(err):
		return ErrLater // and the transaction is open, and the turn is taken
	case err != nil:
		err = errors.Join(err, tx.Rollback())
	default:
		err = tx.Commit()
	}
	<-l.Turn
	return err
}
