package tasks_test

import (
	"context"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/services/tasks"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What asking costs: three statements a second for nothing, a connection, and for
// each task the rest of the second.
func TestPolling(t *testing.T) {
	leaktest.Check(t)
	pool, sent := open(t, 2)
	poolassert.Check(t, poolassert.PGX("tasks", pool))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ticks, did, ended := make(chan time.Time), make(chan string, 1), make(chan error)
	go func() {
		ended <- tasks.Polling{Pool: pool}.Run(ctx, ticks, func(_ context.Context, task tasks.Task) error {
			did <- task.Name
			return nil
		})
	}()
	require.NoError(t, tasks.Add(t.Context(), pool, "send the invoice"))
	select {
	case <-did:
		t.Error("nobody has asked yet")
	default:
	}
	ticks <- time.Time{}
	assert.Equal(t, "send the invoice", <-did)

	ticks <- time.Time{} // taken when what the tick before it asks for is done
	sent.since()
	for range 10 + 1 {
		ticks <- time.Time{}
	}
	assert.GreaterOrEqual(t, sent.since(), int64(10*3), "BEGIN, UPDATE and ROLLBACK")
	assert.EqualValues(t, 1, pool.Stat().AcquiredConns())
	cancel()
	assert.ErrorIs(t, <-ended, context.Canceled)
}
