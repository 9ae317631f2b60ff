// Package breaker pays orders through a payment provider, behind a circuit breaker.
// It is here twice: with a fallback that keeps a lock and a transaction, and mended.
package breaker

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/leakassert/leakassert/examples/services/sqlite"
	"github.com/sony/gobreaker/v2"
)

// ErrLater is what the fallback answers: the provider is down, and the order is not paid.
var ErrLater = errors.New("breaker: the payment provider is down, try later")

// A Service has what it takes to pay an order.
type Service struct {
	DB *sql.DB
	// Turn is a lock that a context can interrupt: it has room for one, and who pays
	// sends to it first.
	Turn chan struct{}

	provider func(ctx context.Context, order int64) error
	breaker  *gobreaker.CircuitBreaker[struct{}]
}

// New is a service whose breaker opens after three failures of the provider in a row,
// and tries again when it has been open for a while.
func New(db *sql.DB, provider func(ctx context.Context, order int64) error, open time.Duration) *Service {
	return &Service{
		DB:       db,
		Turn:     make(chan struct{}, 1),
		provider: provider,
		breaker: gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
			Timeout:     open,
			ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= 3 },
			IsExcluded:  func(err error) bool { return errors.Is(err, context.Canceled) }, // not the provider's fault
		}),
	}
}

// charge asks the provider, unless the breaker is open.
func (s *Service) charge(ctx context.Context, order int64) error {
	_, err := s.breaker.Execute(func() (struct{}, error) { return struct{}{}, s.provider(ctx, order) })
	return err
}

// refused reports whether err is the breaker's: the provider was not asked.
func refused(err error) bool {
	return errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests)
}

// mark marks an order as paid. Until tx ends, nobody else can write.
func mark(ctx context.Context, tx *sql.Tx, order int64) error {
	r, err := tx.ExecContext(ctx, `UPDATE orders SET paid = 1 WHERE id = ? AND NOT paid`, order)
	if err != nil {
		return err
	}
	switch n, err := r.RowsAffected(); {
	case err != nil:
		return err
	case n == 0:
		return sqlite.ErrNotPayable
	}
	return nil
}
