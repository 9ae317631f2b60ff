package refcount_test

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/examples/refcount"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
)

func newPool() *poolassert.Tracked[*bytes.Buffer] {
	return poolassert.NewTracked("messages", func() *bytes.Buffer { return new(bytes.Buffer) })
}

// deliver is the method Deliver of a message.
type deliver func(send func(text []byte) error) error

// together makes n deliveries, of which none ends before all have begun to send.
// So each of them is in the window between two looks at the count.
func together(n int, message deliver) {
	var sending, ended sync.WaitGroup
	sending.Add(n)
	for range n {
		ended.Go(func() {
			_ = message(func([]byte) error { sending.Done(); sending.Wait(); return nil })
		})
	}
	ended.Wait()
}

func TestMessage(t *testing.T) {
	pool := newPool()
	leaktest.Check(t, leaktest.Pools(pool))
	for range 100 {
		together(8, refcount.New(pool, "hello", 8).Deliver)
	}
}

// No message has the text of another one: their buffers are not shared.
func TestMessagesAtTheSameTime(t *testing.T) {
	pool := newPool()
	leaktest.Check(t, leaktest.Pools(pool))
	var publishers sync.WaitGroup
	for p := range 4 {
		publishers.Go(func() {
			for i := range 100 {
				text := fmt.Sprintf("message %d of publisher %d", i, p)
				m := refcount.New(pool, text, 3)
				var subscribers sync.WaitGroup
				for range 3 {
					subscribers.Go(func() {
						assert.NoError(t, m.Deliver(func(got []byte) error { assert.Equal(t, text, string(got)); return nil }))
					})
				}
				subscribers.Wait()
			}
		})
	}
	publishers.Wait()
}

// A subscriber that is gone, or one whose handler panics, has had its delivery.
func TestMessageNotSent(t *testing.T) {
	pool := newPool()
	leaktest.Check(t, leaktest.Pools(pool))
	m := refcount.New(pool, "hello", 2)
	gone := errors.New("the subscriber is gone")
	assert.ErrorIs(t, m.Deliver(func([]byte) error { return gone }), gone)
	assert.PanicsWithValue(t, "a fault", func() { _ = m.Deliver(func([]byte) error { panic("a fault") }) })
	assert.Panics(t, func() { _ = m.Deliver(func([]byte) error { return nil }) }, "there were two subscribers")
}

// One after the other, deliveries of all messages are right. Together, those of the
// leaking ones are wrong each time.
func TestLeakingMessagesAreCaught(t *testing.T) {
	for _, c := range []struct {
		name string
		new  func(pool refcount.Pool) deliver
	}{
		{"TestNever", func(pool refcount.Pool) deliver { return refcount.NewLeakingNever(pool, "hello", 2).Deliver }},
		{"TestTwice", func(pool refcount.Pool) deliver { return refcount.NewLeakingTwice(pool, "hello", 2).Deliver }},
	} {
		pool := newPool()
		f := faketb.New(c.name)
		assert.True(t, poolassert.NoLeak(f, func() {
			message := c.new(pool)
			together(1, message)
			together(1, message)
		}, pool))
		assert.Empty(t, f.Errors()+f.Logs())
		assert.False(t, poolassert.NoLeak(f, func() { together(2, c.new(pool)) }, poolassert.With(pool, poolassert.Settle(0))))
		readme.Report(t, c.name, f.Errors())
	}
}
