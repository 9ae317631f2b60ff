package machine

import (
	"testing"
	"time"
)

// SetRest has f called instead of a pause, until the end of a test.
func SetRest(t *testing.T, f func(time.Duration)) {
	was := rest
	rest = f
	t.Cleanup(func() { rest = was })
}

// Reset forgets which findings have annotations.
func Reset() {
	annotated.Lock()
	defer annotated.Unlock()
	annotated.of = nil
}
