//go:build amd64 || arm64

package heapdump

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestRoom(t *testing.T) {
	defer func(was func() uint64) { memoryLeft = was }(memoryLeft)
	memoryLeft = func() uint64 { return 200 << 20 }
	assert.NoError(t, room(10<<20, 1000))
	assert.EqualError(t, room(100<<20, 0), "it would take 132.0 MiB, and 200.0 MiB of memory are left")
	assert.EqualError(t, room(5<<30, 0), "the heap has 5.0 GiB; one of up to 4.0 GiB is dumped")
	_, err := Take()
	assert.NoError(t, err)
	memoryLeft = func() uint64 { return 1 << 20 }
	_, err = Take()
	assert.ErrorContains(t, err, "of memory are left")
}
