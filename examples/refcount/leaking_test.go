//go:build leaking

// The tests behind this build tag fail: they show how the leak is caught. The
// tour runs them.
package refcount_test

import (
	"testing"

	"github.com/leakassert/leakassert/examples/refcount"
	"github.com/leakassert/leakassert/poolassert"
)

func TestLeakingMessages(t *testing.T) {
	pool := newPool()
	poolassert.Check(t, pool)
	together(2, refcount.NewLeakingNever(pool, "never", 2).Deliver)
	together(2, refcount.NewLeakingTwice(pool, "twice", 2).Deliver)
}
