package refcount

import (
	"bytes"
	"sync/atomic"
)

// LeakingNever is a message that asks whether a delivery is the last one, and
// counts it later. Each of two deliveries at the same time sees the other, so
// neither is the last one, and nobody puts the buffer back.
type LeakingNever struct {
	pool Pool
	buf  *bytes.Buffer
	left atomic.Int64 // deliveries
}

// NewLeakingNever returns a message for so many subscribers.
func NewLeakingNever(pool Pool, text string, subscribers int) *LeakingNever {
	m := &LeakingNever{pool: pool, buf: fill(pool, text)}
	m.left.Store(int64(subscribers))
	return m
}

// Deliver sends the message to one subscriber.
func (m *LeakingNever) Deliver(send func(text []byte) error) error {
	last := m.left.Load() == 1
	err := send(m.buf.Bytes()) // other deliveries end here, and last is no longer true
	m.left.Add(-1)
	if last {
		m.pool.Put(m.buf)
	}
	return err
}

// LeakingTwice is a message that counts a delivery, and asks later whether it was
// the last one. Two deliveries at the same time both see that none is left, and
// both put the buffer back. Two messages then get one buffer.
type LeakingTwice struct {
	pool Pool
	buf  *bytes.Buffer
	left atomic.Int64
}

// NewLeakingTwice returns a message for so many subscribers.
func NewLeakingTwice(pool Pool, text string, subscribers int) *LeakingTwice {
	m := &LeakingTwice{pool: pool, buf: fill(pool, text)}
	m.left.Store(int64(subscribers))
	return m
}

// Deliver sends the message to one subscriber.
func (m *LeakingTwice) Deliver(send func(text []byte) error) error {
	m.left.Add(-1)
	err := send(m.buf.Bytes()) // other deliveries are counted here
	if m.left.Load() == 0 {
		m.pool.Put(m.buf)
	}
	return err
}
