package xsync_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/puzpuzpuz/xsync/v4"
)

// Clear returns without clearing the map if another goroutine is just making the table larger or clearing it.
// The key -1 is stored by one goroutine only, which then calls Clear: so the key must be gone.
func TestClearBesideStore(t *testing.T) {
	m := xsync.NewMap[int, int]()
	var stop atomic.Bool
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop.Store(true)
	wg.Go(func() {
		for i := 0; !stop.Load(); i++ {
			m.Store(i, i)
		}
	})
	for i := range 1_000_000 {
		m.Store(-1, i)
		m.Clear()
		if v, ok := m.Load(-1); ok {
			t.Fatalf("call %d of Clear has left the key -1 with the value %d", i+1, v)
		}
	}
}
