//go:build leaking

// The tests behind this build tag fail: they show how the leak is caught. The
// tour runs them.
package metrics_test

import (
	"sync/atomic"
	"testing"

	"github.com/leakassert/leakassert/examples/metrics"
	"github.com/leakassert/leakassert/leaktest"
)

func TestLeakingCollector(t *testing.T) {
	leaktest.Check(t)
	var reported atomic.Int64
	c := metrics.StartLeaking(4, func(metrics.Sample) { reported.Add(1) })
	for range 100 {
		c.Add(metrics.Sample{Name: "requests", Value: 1})
	}
}
