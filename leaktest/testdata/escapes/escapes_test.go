// Package escapes is a test binary for the tests of leaktest: two tests run at
// the same time, and while they do something without a label, and with no test
// on its stack, starts a goroutine that stays.
package escapes

import (
	"os"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest"
)

func TestMain(m *testing.M) {
	if os.Getenv("ESCAPES") == "main" {
		leaktest.Main(m, soon)
	}
	os.Exit(m.Run())
}

var (
	soon = leaktest.Settle(100 * time.Millisecond)
	both sync.WaitGroup
)

func meet(t *testing.T, between func()) {
	t.Parallel()
	if os.Getenv("ESCAPES") != "main" {
		leaktest.Check(t, soon)
	}
	both.Done()
	both.Wait()
	between()
}

func init() { both.Add(2) }

type cache struct{ ready chan struct{} }

func (c *cache) expire() {
	close(c.ready)
	select {}
}

// Which of two tests that ran one after the other has set a timer can't be told.
func TestFirstSetsATimer(t *testing.T) {
	c := &cache{make(chan struct{})}
	time.AfterFunc(50*time.Millisecond, c.expire)
}

func TestSecondHearsIt(t *testing.T) { time.Sleep(100 * time.Millisecond) }

// A function that only sounds like a test is no evidence.
func TestingHelper() { select {} }

func TestStartsAHelper(t *testing.T) {
	if os.Getenv("ESCAPES") != "main" {
		leaktest.Check(t, soon)
	}
	time.AfterFunc(0, TestingHelper)
	time.Sleep(10 * time.Millisecond)
}

func TestStartsATimer(t *testing.T) {
	meet(t, func() {
		c := &cache{make(chan struct{})}
		time.AfterFunc(time.Millisecond, c.expire)
		<-c.ready
	})
}

func TestIsThereAtTheSameTime(t *testing.T) {
	meet(t, func() { time.Sleep(50 * time.Millisecond) })
}
