//go:build leaking

// The tests behind this build tag fail: they show how the leak is caught. The
// tour runs them.
package timingwheel_test

import (
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/timingwheel"
	"github.com/leakassert/leakassert/memassert"
)

var wheel *timingwheel.Leaking // as a server has it, for as long as it runs

type request struct{ body [4 << 10]byte }

func (r *request) cancel() { clear(r.body[:]) }

func TestLeakingWheel(t *testing.T) {
	wheel = timingwheel.StartLeaking(time.Millisecond)
	for range 100 {
		r := &request{}
		memassert.Collected(t, r)
		timeout := wheel.AfterFunc(time.Hour, r.cancel)
		timeout.Stop() // the request is over long before
	}
}
