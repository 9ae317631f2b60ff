//go:build leaking

// The tests behind this build tag fail: they show how the leak is caught. The
// tour runs them.
package limits_test

import (
	"runtime"
	"testing"

	"github.com/leakassert/leakassert/examples/limits"
	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/memassert"
)

func TestLeakingReader(t *testing.T) {
	t.Run("descriptors", func(t *testing.T) {
		r := limits.NewLeaking(uploads(t, "no header", 16))
		t.Cleanup(func() { runtime.KeepAlive(r) }) // after the check: r is in use as long
		fdassert.Check(t)
		for range 3 {
			_, _ = r.Read(newName())
		}
	})
	t.Run("memory", func(t *testing.T) {
		r := limits.NewLeaking(uploads(t, "upload\n", 4<<10))
		memassert.NoGrowth(t, func() { _, _ = r.Read(newName()) })
	})
}
