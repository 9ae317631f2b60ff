package breaker_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/examples/services/breaker"
	"github.com/leakassert/leakassert/examples/services/sqlite"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var errDown = errors.New("the provider does not answer")

func down(context.Context, int64) error { return errDown }
func up(context.Context, int64) error   { return nil }

// open is a database of the test's own, with an order that is not paid.
func open(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "orders.db"), 2)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	_, err = db.Exec(`INSERT INTO orders (id, customer, total) VALUES (1, 'ada', 250)`)
	require.NoError(t, err)
	return db
}

func pools(s *breaker.Service) []poolassert.Pool {
	return []poolassert.Pool{poolassert.DB("orders", s.DB), poolassert.Slots("turn", s.Turn)}
}

func isPaid(t *testing.T, db *sql.DB) (paid bool) {
	t.Helper()
	require.NoError(t, db.QueryRow(`SELECT paid FROM orders WHERE id = 1`).Scan(&paid))
	return paid
}

// trip has the provider fail until the breaker opens.
func trip(t *testing.T, pay func(context.Context, int64) error) {
	t.Helper()
	for range 3 {
		require.ErrorIs(t, pay(context.Background(), 1), errDown)
	}
}

func TestPay(t *testing.T) {
	leaktest.Check(t)
	s := breaker.New(open(t), up, time.Hour)
	poolassert.Check(t, pools(s)...)
	pay := breaker.Payments{Service: s}.Pay
	require.NoError(t, pay(context.Background(), 1))
	assert.True(t, isPaid(t, s.DB))
	assert.ErrorIs(t, pay(context.Background(), 1), sqlite.ErrNotPayable)
}

func TestFallback(t *testing.T) {
	leaktest.Check(t)
	s := breaker.New(open(t), down, time.Hour)
	poolassert.Check(t, pools(s)...)
	pay := breaker.Payments{Service: s}.Pay
	trip(t, pay)
	for range 50 {
		require.True(t, poolassert.NoLeak(t, func() {
			assert.ErrorIs(t, pay(context.Background(), 1), breaker.ErrLater)
		}, pools(s)...))
	}
	assert.False(t, isPaid(t, s.DB), "what was marked is rolled back")
}

// Of requests that the fallback answers there may be many at a time.
func TestFallbackTogether(t *testing.T) {
	leaktest.Check(t)
	s := breaker.New(open(t), down, time.Hour)
	poolassert.Check(t, pools(s)...)
	pay := breaker.Payments{Service: s}.Pay
	trip(t, pay)
	var requests sync.WaitGroup
	for range 50 {
		requests.Go(func() { assert.ErrorIs(t, pay(context.Background(), 1), breaker.ErrLater) })
	}
	requests.Wait()
}

// When the breaker tries again and the provider is back, the same order is paid.
func TestRecovery(t *testing.T) {
	leaktest.Check(t)
	provider := down
	s := breaker.New(open(t), func(ctx context.Context, order int64) error { return provider(ctx, order) }, time.Nanosecond)
	poolassert.Check(t, pools(s)...)
	pay := breaker.Payments{Service: s}.Pay
	trip(t, pay)
	tried := func() error { // as soon as the clock shows that the breaker has been open for a while
		for {
			if err := pay(context.Background(), 1); !errors.Is(err, breaker.ErrLater) {
				return err
			}
		}
	}
	require.ErrorIs(t, tried(), errDown)
	provider = up
	require.NoError(t, tried())
	assert.True(t, isPaid(t, s.DB))
}

func TestPanic(t *testing.T) {
	leaktest.Check(t)
	s := breaker.New(open(t), func(context.Context, int64) error { panic("a bug") }, time.Hour)
	poolassert.Check(t, pools(s)...)
	assert.Panics(t, func() { _ = breaker.Payments{Service: s}.Pay(context.Background(), 1) })
	assert.False(t, isPaid(t, s.DB))
}

func TestCancel(t *testing.T) {
	leaktest.Check(t)
	ctx, cancel := context.WithCancel(context.Background())
	s := breaker.New(open(t), func(ctx context.Context, _ int64) error { cancel(); return ctx.Err() }, time.Hour)
	poolassert.Check(t, pools(s)...)
	pay := breaker.Payments{Service: s}.Pay
	for range 5 { // more than open the breaker
		assert.ErrorIs(t, pay(ctx, 1), context.Canceled)
	}
	assert.False(t, isPaid(t, s.DB))
}

// The leaking twin is caught each time, and only when the breaker is open.
func TestLeakingFallbackIsCaught(t *testing.T) {
	t.Setenv("LEAKTEST", "trace")
	for range 3 {
		s := breaker.New(open(t), down, time.Hour)
		pay := breaker.Leaking{Service: s}.Pay
		ctx, cancel := context.WithCancel(context.Background())
		f := faketb.New("TestFallback")
		require.True(t, poolassert.NoLeak(f, func() { trip(t, pay) }, pools(s)...), "it is the fallback that leaks")
		assert.False(t, leaktest.NoLeak(f, func() {
			assert.ErrorIs(t, pay(ctx, 1), breaker.ErrLater)
		}, leaktest.Only(leaktest.KindPool), leaktest.Pools(pools(s)...), leaktest.Settle(0)))
		readme.Report(t, "TestFallback", f.Errors())

		// What the leak does: the next request waits for its turn until it gives up.
		late, stop := context.WithTimeout(context.Background(), 10*time.Millisecond)
		assert.ErrorIs(t, pay(late, 1), context.DeadlineExceeded)
		stop()
		cancel()
	}
}
