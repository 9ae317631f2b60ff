// Package callback is a test binary for the tests of leaktest: a thread of C hangs in a
// Go function.
package callback

import (
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/leaktest/testdata/callback/c"
)

func TestHangs(t *testing.T) {
	leaktest.Check(t, leaktest.Settle(50*time.Millisecond))
	c.Start()
	<-c.Entered
}

func TestAfterIt(t *testing.T) {
	leaktest.Check(t, leaktest.Settle(50*time.Millisecond))
	done := make(chan struct{})
	go close(done)
	<-done
}
