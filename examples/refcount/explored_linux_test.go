package refcount_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/examples/refcount"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
)

// A counting pool counts. It needs no lock: the workers of a schedule run one at a time.
type counting struct{ puts int }

func (c *counting) Get() *bytes.Buffer { return new(bytes.Buffer) }
func (c *counting) Put(*bytes.Buffer)  { c.puts++ }

// deliveries has two subscribers get a message, of which one can't be sent.
func deliveries(message func(pool refcount.Pool) deliver) func(*mapfuzz.Schedule) {
	return func(s *mapfuzz.Schedule) {
		pool := new(counting)
		m := message(pool)
		s.Go(func() { _ = m(func([]byte) error { return nil }) })
		s.Go(func() { _ = m(func([]byte) error { return errors.New("gone") }) })
		s.After(func() {
			if pool.puts != 1 {
				s.Errorf("the buffer went back %d times", pool.puts)
			}
		})
	}
}

// The mended message puts its buffer back once, in every schedule.
func TestMessageInEverySchedule(t *testing.T) {
	mapfuzz.ExploreFunc(t, deliveries(func(pool refcount.Pool) deliver { return refcount.New(pool, "hello", 2).Deliver }))
}

func TestLeakingMessageIsCaughtInSomeSchedule(t *testing.T) {
	f := faketb.New(t.Name())
	mapfuzz.ExploreFunc(f, deliveries(func(pool refcount.Pool) deliver { return refcount.NewLeakingTwice(pool, "twice", 2).Deliver }), mapfuzz.Seed(1))
	readme.Report(t, "TestExplored", f.Errors(), readme.Schedule)
}
