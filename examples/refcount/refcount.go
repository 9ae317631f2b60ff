// Package refcount delivers a message to several subscribers. They share one
// buffer from a pool, and the last of them puts it back. The package has the
// message three times: one puts its buffer back twice, one never, one once.
package refcount

import "bytes"

// A Pool has the buffers of messages.
type Pool interface {
	Get() *bytes.Buffer
	Put(*bytes.Buffer)
}

// fill returns a buffer with the text in it.
func fill(pool Pool, text string) *bytes.Buffer {
	b := pool.Get()
	b.Reset()
	b.WriteString(text)
	return b
}
