//go:build leaking

// The tests behind this build tag fail: they show how the leak is caught. The
// tour runs them.
package monitor_test

import (
	"testing"

	"github.com/leakassert/leakassert/examples/monitor"
	"github.com/leakassert/leakassert/memassert"
	"github.com/leakassert/leakassert/poolassert"
)

// The counter is wrong, and the map can't be released: the checks report one each.
func TestLeakingMap(t *testing.T) {
	m := monitor.NewLeaking[string, order](100, func(int64) {})
	t.Run("counter", func(t *testing.T) {
		poolassert.Check(t, poolassert.Watch("orders", m.Stats, entries))
		apples, pears := newOrder("apples"), newOrder("pears")
		m.Store("ada", apples)
		m.Store("ada", pears) // no entry more
		m.Delete("ada")
	})
	t.Run("release", func(t *testing.T) {
		memassert.Collected(t, m)
		m.Store("eve", newOrder("plums"))
	})
}
