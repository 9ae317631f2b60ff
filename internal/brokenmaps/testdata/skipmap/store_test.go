package skipmap_test

import (
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/zhangyunhao116/skipmap"
)

// Store of a key that is there writes to its node, also if LoadAndDelete is just taking the node out of the list.
// If LoadAndDelete returns the old value, the new one was stored after it: so the key must be there.
func TestStoreBesideLoadAndDelete(t *testing.T) {
	m := skipmap.New[string, int]()
	var turn, done atomic.Int64
	var old int
	defer turn.Store(-1)
	go func() {
		for i := int64(1); ; i++ {
			for turn.Load() != i {
				if turn.Load() < 0 {
					return
				}
				runtime.Gosched()
			}
			old, _ = m.LoadAndDelete("a")
			done.Store(i)
		}
	}()
	for i := range int64(5_000_000) {
		m.Store("a", 1)
		turn.Store(i + 1)
		for range i % 100 { // the two meet at different moments
		}
		m.Store("a", 2)
		for done.Load() != i+1 {
			runtime.Gosched()
		}
		if _, ok := m.Load("a"); old == 1 && !ok {
			t.Fatalf("round %d: LoadAndDelete returned the old value, and the new one is lost", i+1)
		}
		m.Delete("a")
	}
}
