// Package parallel is a test binary for the tests of poolassert: parallel tests
// that use one pool, of which one leaks. MODE says what watches them, and LAST
// which of the tests ends last.
package parallel

import (
	"os"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
)

var (
	slots  = make(chan struct{}, 8)
	out    poolassert.Checkouts
	plain  = poolassert.With(poolassert.Slots("slots", slots), poolassert.Settle(20*time.Millisecond))
	mode   = os.Getenv("MODE")
	last   = os.Getenv("LAST")
	meet   sync.WaitGroup // the tests overlap
	ending = make(chan struct{})
)

// pool knows who takes, or does not.
func pool() poolassert.Pool {
	if mode == "known" || mode == "mainknown" {
		return poolassert.With(plain, poolassert.KnownBy(&out))
	}
	return plain
}

func TestMain(m *testing.M) {
	meet.Add(2)
	if mode == "main" || mode == "mainknown" {
		leaktest.Main(m, leaktest.Pools(pool()))
	}
	os.Exit(m.Run())
}

func run(t *testing.T, body func()) {
	if t.Name() != last {
		t.Cleanup(func() { close(ending) }) // when the check, which is registered later, has ended
	}
	if mode == "plain" || mode == "known" {
		poolassert.Check(t, pool())
	}
	t.Parallel()
	meet.Done()
	meet.Wait()
	if t.Name() == last {
		<-ending
	}
	body()
}

func take(t *testing.T) {
	slots <- struct{}{}
	out.Out(t.Name())
}

func TestGivesBack(t *testing.T) {
	run(t, func() {
		take(t)
		<-slots
		out.Back(t.Name())
	})
}

func TestKeeps(t *testing.T) { run(t, func() { take(t) }) }
