package cases

import (
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest"
)

// renew is a timer that sets the next one.
func renew() {
	time.Sleep(3 * time.Millisecond)
	time.AfterFunc(0, renew)
}

func checked(t *testing.T) {
	if on("plain") {
		leaktest.Check(t, soon)
	}
}

// TestChain1 leaves a timer that goes on and on.
func TestChain1(t *testing.T) {
	checked(t)
	if on("chain") {
		time.AfterFunc(time.Millisecond, renew)
	}
}

func works(t *testing.T) {
	checked(t)
	if on("chain") {
		time.Sleep(5 * time.Millisecond)
	}
	done := make(chan struct{})
	go close(done)
	<-done
}

func TestChain2(t *testing.T) { works(t) }
func TestChain3(t *testing.T) { works(t) }
func TestChain4(t *testing.T) { works(t) }
