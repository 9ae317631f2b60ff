//go:build leaking

// The tests behind this build tag fail: they show how the leak is caught. The
// tour runs them.
package listeners_test

import (
	"context"
	"testing"

	"github.com/leakassert/leakassert/examples/listeners"
	"github.com/leakassert/leakassert/memassert"
)

func TestLeakingBus(t *testing.T) {
	var bus listeners.Leaking
	memassert.NoGrowth(t, func() { // a client that comes and goes
		ctx, gone := context.WithCancel(t.Context())
		defer gone()
		feed := make(chan listeners.Event, 16)
		bus.Subscribe(ctx, func(ctx context.Context, e listeners.Event) {
			select {
			case feed <- e:
			case <-ctx.Done():
			}
		})
	})
}
