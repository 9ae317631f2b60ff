package refcount

import (
	"bytes"
	"sync/atomic"
)

// Message is the message mended. One operation counts a delivery and tells
// whether it was the last one, so exactly one delivery puts the buffer back.
type Message struct {
	pool Pool
	buf  *bytes.Buffer
	left atomic.Int64
}

// New returns a message for so many subscribers.
func New(pool Pool, text string, subscribers int) *Message {
	m := &Message{pool: pool, buf: fill(pool, text)}
	m.left.Store(int64(subscribers))
	return m
}

// Deliver sends the message to one subscriber. The buffer goes back to the pool
// also if send fails or panics.
func (m *Message) Deliver(send func(text []byte) error) error {
	defer m.release()
	return send(m.buf.Bytes())
}

// release counts a delivery. Another goroutine may count one between Load and
// CompareAndSwap. Then CompareAndSwap changes nothing, and release looks again.
func (m *Message) release() {
	for {
		n := m.left.Load()
		if n <= 0 {
			panic("refcount: more deliveries than subscribers")
		}
		if !m.left.CompareAndSwap(n, n-1) {
			continue
		}
		if n == 1 {
			m.pool.Put(m.buf)
		}
		return
	}
}
