//go:build leaking

// The tests behind this build tag fail: they show how the leak is caught.
package redis_test

import (
	"context"
	"testing"

	"github.com/leakassert/leakassert/examples/services/redis"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/require"
)

func TestLeakingPayments(t *testing.T) {
	client, prefix := open(t, 4)
	payments := redis.Leaking{Client: client, Prefix: prefix}
	require.NoError(t, payments.Pay(t.Context(), "order", 0))
	poolassert.Check(t, poolassert.Redis("payments", client))
	_ = payments.Pay(context.Background(), "order", 0)
	_ = payments.AwaitPaid(context.Background(), "order")
}
