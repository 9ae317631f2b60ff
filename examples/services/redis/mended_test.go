package redis_test

import (
	"context"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/leakassert/leakassert/examples/services/internal/servertest"
	"github.com/leakassert/leakassert/examples/services/redis"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// open is a client of at most so many connections, and a prefix of the test's own.
func open(t *testing.T, connections int) (client *goredis.Client, prefix string) {
	t.Helper()
	address, prefix := servertest.Redis(t)
	client = goredis.NewClient(&goredis.Options{
		Addr: address, PoolSize: connections, MaxActiveConns: connections, PoolTimeout: 10 * time.Millisecond,
	})
	t.Cleanup(func() { assert.NoError(t, client.Close()) })
	require.NoError(t, client.Ping(t.Context()).Err())
	return client, prefix
}

func TestPayments(t *testing.T) {
	leaktest.Check(t)
	client, prefix := open(t, 4)
	poolassert.Check(t, poolassert.Redis("payments", client))
	payments := redis.Payments{Client: client, Prefix: prefix}
	ctx := context.Background()
	waiting := make(chan error)
	for range 2 {
		go func() { waiting <- payments.AwaitPaid(ctx, "order 1") }()
	}
	require.NoError(t, payments.Pay(ctx, "order 1", 0))
	assert.NoError(t, <-waiting)
	assert.NoError(t, <-waiting)
	assert.NoError(t, payments.AwaitPaid(ctx, "order 1"), "it is paid")
	assert.ErrorIs(t, payments.Pay(ctx, "order 1", 0), redis.ErrPaid)
	assert.ErrorIs(t, payments.Pay(ctx, "order 2", 1000), redis.ErrNotReplicated)
}

// One who waits is told: he has looked, and it was not paid.
func TestPaymentsAreTold(t *testing.T) {
	leaktest.Check(t)
	client, prefix := open(t, 2)
	poolassert.Check(t, poolassert.Redis("payments", client))
	payments := redis.Payments{Client: client, Prefix: prefix}
	looked := make(chan struct{})
	client.AddHook(after{"exists", func() { close(looked) }})
	waiting := make(chan error)
	go func() { waiting <- payments.AwaitPaid(t.Context(), "order") }()
	<-looked
	require.NoError(t, payments.Pay(t.Context(), "order", 0))
	assert.NoError(t, <-waiting)
}

// And one who gives up leaves nothing behind.
func TestPaymentsAreGivenUp(t *testing.T) {
	leaktest.Check(t)
	client, prefix := open(t, 2)
	poolassert.Check(t, poolassert.Redis("payments", client))
	payments := redis.Payments{Client: client, Prefix: prefix}
	for range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		client.AddHook(after{"exists", cancel})
		require.ErrorIs(t, payments.AwaitPaid(ctx, "order"), context.Canceled)
	}
}

// Of those who wait, and of errors, there may be many more than connections.
func TestPaymentsGiveBack(t *testing.T) {
	client, prefix := open(t, 1)
	payments := redis.Payments{Client: client, Prefix: prefix}
	ctx := context.Background()
	require.NoError(t, payments.Pay(ctx, "order", 0))
	for range 50 {
		require.True(t, poolassert.NoLeak(t, func() {
			assert.ErrorIs(t, payments.Pay(ctx, "order", 0), redis.ErrPaid)
			assert.NoError(t, payments.AwaitPaid(ctx, "order"))
		}, poolassert.Redis("payments", client)))
	}
}

// after is a hook that does something when a command has run.
type after struct {
	command string
	do      func()
}

func (a after) DialHook(next goredis.DialHook) goredis.DialHook { return next }

func (a after) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook {
	return func(ctx context.Context, cmd goredis.Cmder) error {
		err := next(ctx, cmd)
		if cmd.Name() == a.command {
			a.do()
		}
		return err
	}
}

func (a after) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return next
}
