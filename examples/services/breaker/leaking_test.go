//go:build leaking

// The tests behind this build tag fail: they show how the leak is caught. The
// tour runs them.
package breaker_test

import (
	"context"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/services/breaker"
	"github.com/leakassert/leakassert/poolassert"
)

func TestLeakingFallback(t *testing.T) {
	s := breaker.New(open(t), down, time.Hour)
	poolassert.Check(t, poolassert.DB("orders", s.DB), poolassert.Slots("turn", s.Turn))
	payments := breaker.Leaking{Service: s}
	for range 4 {
		t.Log("pay:", payments.Pay(context.Background(), 1))
	}
	late, stop := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer stop()
	t.Log("the next request:", payments.Pay(late, 1))
}
