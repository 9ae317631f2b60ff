//go:build leaking

// The tests behind this build tag fail: they show how the leak is caught. The
// tour runs them.
package rangecleanup_test

import (
	"testing"

	"github.com/leakassert/leakassert/examples/rangecleanup"
	"github.com/leakassert/leakassert/memassert"
)

func TestLeakingQueue(t *testing.T) {
	var q rangecleanup.Leaking
	memassert.NoGrowth(t, func() {
		for range 32 { // a place has 8 bytes, and less than 64 an iteration is not seen
			q.Add(func() error { return nil })
		}
		q.Run()
	})
}
