package redis_test

import (
	"context"
	"testing"

	goredis "github.com/redis/go-redis/v9"

	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/examples/services/redis"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The leaking twin is caught each time, and with a trace the line that has opened
// what is not closed is known. The Close of the client closes it.
func TestLeakingPaymentsAreCaught(t *testing.T) {
	t.Setenv("LEAKTEST", "trace")
	ctx := context.Background()
	for range 3 {
		client, prefix := open(t, 2)
		payments := redis.Leaking{Client: client, Prefix: prefix}
		require.NoError(t, payments.Pay(ctx, "order", 0))
		watched := poolassert.With(poolassert.Redis("payments", client), poolassert.Settle(0))

		f := faketb.New(t.Name())
		assert.False(t, poolassert.NoLeak(f, func() {
			assert.ErrorIs(t, payments.Pay(ctx, "order", 0), redis.ErrPaid)
		}, watched))
		assert.Contains(t, f.Errors(), "pool       +1  payments  InUse 0 → 1\n")
		assert.Contains(t, f.Errors(), "checked out  *redis.Conn  redis.Leaking.Pay  redis/leaking.go:36\n")
		readme.Report(t, t.Name(), f.Errors())

		f = faketb.New(t.Name())
		assert.False(t, poolassert.NoLeak(f, func() { assert.NoError(t, payments.AwaitPaid(ctx, "order")) }, watched))
		assert.Contains(t, f.Errors(), "pool       +1  payments  PubSub 0 → 1\n")
		assert.Contains(t, f.Errors(), "checked out  *redis.PubSub  redis.Leaking.AwaitPaid  redis/leaking.go:18\n")
	}
}

// What the leak does: the next command gives up for want of a connection.
func TestLeakingPaymentsStopTheNextCommand(t *testing.T) {
	client, prefix := open(t, 1)
	payments := redis.Leaking{Client: client, Prefix: prefix}
	require.NoError(t, payments.Pay(t.Context(), "order", 0))
	require.ErrorIs(t, payments.Pay(t.Context(), "order", 0), redis.ErrPaid)
	assert.ErrorIs(t, client.Ping(t.Context()).Err(), goredis.ErrPoolTimeout)
}
