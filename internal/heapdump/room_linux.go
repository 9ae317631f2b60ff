//go:build amd64 || arm64

package heapdump

import (
	"fmt"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/procstate"
)

// largest is the largest heap that is dumped. A dump of it takes about 10 s on a quiet machine.
const largest = 4 << 30

// memoryLeft is procstate.MemoryLeft, except in tests.
var memoryLeft = procstate.MemoryLeft

// room returns an error if a dump of a heap, and the search in it, would take too much of the memory
// that is left. A dump is in memory.
func room(heap, objects uint64) error {
	if heap > largest {
		return fmt.Errorf("the heap has %s; one of up to %s is dumped", names.Size(float64(heap)), names.Size(largest))
	}
	// Measured with a million objects of 64 bytes.
	const bookkeeping, each = 32 << 20, 120
	need := heap + objects*each + bookkeeping
	if left := memoryLeft(); left < 2*need {
		return fmt.Errorf("it would take %s, and %s of memory are left", names.Size(float64(need)), names.Size(float64(left)))
	}
	return nil
}
