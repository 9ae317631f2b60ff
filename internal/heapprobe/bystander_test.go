package heapprobe_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/leakassert/leakassert/memassert"
)

var latest atomic.Pointer[[64]byte]

// renew replaces an object every millisecond.
func renew(renewed chan<- struct{}, stop <-chan struct{}) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			close(renewed)
			return
		case <-tick.C:
		}
		latest.Store(new([64]byte))
		select {
		case renewed <- struct{}{}:
		default:
		}
	}
}

// What a goroutine that is older than the check replaces again and again is no leak
// of the test beside it.
func TestRenewedInTheBackground(t *testing.T) {
	stop, renewed := make(chan struct{}), make(chan struct{}, 1)
	go renew(renewed, stop)
	<-renewed // it is older than the check
	t.Run("idle", func(t *testing.T) {
		memassert.Check(t)
		for range 3 {
			<-renewed
		}
	})
	close(stop)
	for range renewed {
	}
}
