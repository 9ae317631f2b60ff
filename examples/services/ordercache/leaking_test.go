//go:build leaking

// The tests behind this build tag fail: they show how the leak is caught.
package ordercache_test

import (
	"testing"

	"github.com/leakassert/leakassert/examples/services/ordercache"
	"github.com/leakassert/leakassert/memassert"
)

func TestLeakingCache(t *testing.T) {
	var c ordercache.Leaking
	next := orders(99)
	memassert.NoGrowth(t, func() { c.Put(next()) })
}
