package memassert_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/leakassert/leakassert/memassert"
)

type closer struct{ data [1000]byte }

func (c *closer) close() { c.data[0]++ }

// The testing package keeps the cleanups that have run until the test has ended, and with
// them what they refer to. That is nobody's leak.
func TestCleanupsThatHaveRun(t *testing.T) {
	serve := func() *httptest.Server { return httptest.NewServer(http.NotFoundHandler()) }
	serve().Close()
	serve().Close()
	memassert.Check(t)
	t.Cleanup(serve().Close)
	t.Cleanup(new(closer).close)
}

func TestCollectedAfterItsCleanup(t *testing.T) {
	c := new(closer)
	memassert.Collected(t, c)
	t.Cleanup(c.close)
}

// The test keeps the channel of its context, whoever has asked for it first.
func TestContextOfTheTest(t *testing.T) {
	memassert.Check(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	_ = ctx
}

var boxed, small any

func bytesOf(n int) []byte { return make([]byte, n) }

// A block that small objects share lives as long as any of them. The profile has it for
// the first one, whose type is not always known.
func TestBlockThatLivesOn(t *testing.T) {
	for i := range 4 {
		t.Run(strconv.Itoa(i), func(t *testing.T) {
			memassert.Check(t)
			for n := range i {
				boxed = n + 1000
				boxed = bytesOf(n)
			}
			small = new(int32)
			boxed = nil
		})
	}
}

// A processor lets go of timers that were stopped when they are a quarter of those it has.
func TestStoppedTimersAmongOthers(t *testing.T) {
	var others []*time.Timer
	for i := range 400 {
		others = append(others, time.AfterFunc(time.Hour+time.Duration(i*i%400)*time.Second, func() {}))
	}
	t.Cleanup(func() {
		for _, o := range others {
			o.Stop()
		}
	})
	for _, o := range others[:40] {
		o.Stop()
	}
	memassert.NoLeak(t, func() {
		var stopped []*time.Timer
		for i := range 10 {
			stopped = append(stopped, time.AfterFunc(time.Hour+time.Duration(20+i)*time.Second, new(closer).close))
		}
		for i, o := range others[:40] { // which come behind them in the processor's heap
			o.Reset(time.Hour + time.Duration(i)*time.Second)
		}
		for _, s := range stopped {
			s.Stop()
		}
	})
}
