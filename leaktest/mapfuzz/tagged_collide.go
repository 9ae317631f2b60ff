//go:build leakassertexplore

package mapfuzz

import (
	"fmt"
	"os"
	"time"

	"github.com/leakassert/leakassert/internal/explore"
	"github.com/leakassert/leakassert/internal/names"
)

// withHashes adds the number of values of hashes to the text of a schedule: see ofHashes.
func withHashes(n int, token string) string {
	if n == 0 {
		return token
	}
	return fmt.Sprintf("h%d.%s", n, token)
}

// bounded ends the process when the map takes more memory than MaxHeap allows: keys that all collide can make
// a map grow without end.
func (r *run) bounded(j job) (stop func()) {
	done := make(chan struct{})
	go func() {
		look := time.NewTicker(often)
		defer look.Stop()
		for {
			select {
			case <-done:
				return
			case <-look.C:
				if heapBytes() > r.maxHeap && liveBytes() > r.maxHeap {
					limit := fmt.Sprintf("not explored to the end: the process holds more than %s", names.Size(float64(r.maxHeap)))
					j.answer(answer{Limits: []string{limit}})
					os.Exit(2)
				}
			}
		}
	}()
	return func() { close(done) }
}

// The child reads the variable that the parent sets: the keys of this map must differ.
var _ = map[bool]int{false: 0, hashVariable == explore.HashVariable: 1}
