package tasks_test

import (
	"context"
	"errors"
	"testing"

	"github.com/leakassert/leakassert/examples/services/tasks"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each task is done when it is inserted, and between them nothing is asked.
func TestListening(t *testing.T) {
	leaktest.Check(t)
	pool, sent := open(t, 2)
	poolassert.Check(t, poolassert.PGX("tasks", pool))
	require.NoError(t, tasks.Add(t.Context(), pool, "what was there before"))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	idle, did, ended := make(chan struct{}), make(chan string, 1), make(chan error)
	go func() {
		ended <- tasks.Listening{Pool: pool, Idle: func() { idle <- struct{}{} }}.Run(ctx, func(_ context.Context, task tasks.Task) error {
			did <- task.Name
			return nil
		})
	}()
	assert.Equal(t, "what was there before", <-did)
	<-idle
	for range 50 {
		sent.since()
		require.NoError(t, tasks.Add(t.Context(), pool, "send the invoice"))
		// The runner has seen that there is nothing, so it is told or waits for good.
		assert.Equal(t, "send the invoice", <-did)
		<-idle
		assert.EqualValues(t, 1+3+3, sent.since(), "INSERT, the task, and that there is no more")
	}
	cancel()
	assert.ErrorIs(t, <-ended, context.Canceled)
}

// One that is stopped gives its connection back, and it is fit for others.
func TestListeningGivesBack(t *testing.T) {
	pool, _ := open(t, 1)
	leaktest.Check(t, leaktest.Pools(poolassert.PGX("tasks", pool)), leaktest.Only(leaktest.KindGoroutine, leaktest.KindPool))
	for range 50 {
		require.True(t, poolassert.NoLeak(t, func() {
			ctx, cancel := context.WithCancel(t.Context())
			assert.ErrorIs(t, tasks.Listening{Pool: pool, Idle: cancel}.Run(ctx, nil), context.Canceled)
		}, poolassert.PGX("tasks", pool)))
		var listening int
		require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM pg_listening_channels()`).Scan(&listening))
		assert.Zero(t, listening)
	}
	assert.EqualValues(t, 1, pool.Stat().NewConnsCount(), "it was the same one each time")
}

// A task that fails is not lost, and the runner says why it ends.
func TestListeningKeepsWhatFails(t *testing.T) {
	pool, _ := open(t, 2)
	poolassert.Check(t, poolassert.PGX("tasks", pool))
	require.NoError(t, tasks.Add(t.Context(), pool, "send the invoice"))
	failed := errors.New("no paper")
	for range 2 {
		err := tasks.Listening{Pool: pool}.Run(t.Context(), func(context.Context, tasks.Task) error { return failed })
		assert.ErrorIs(t, err, failed)
	}
	var left int
	require.NoError(t, pool.QueryRow(t.Context(), `SELECT count(*) FROM tasks WHERE NOT done`).Scan(&left))
	assert.Equal(t, 1, left)
}
