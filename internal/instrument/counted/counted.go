// Package counted counts the points that a rewritten package passes, for tests.
package counted

import "sync"

var (
	mu     sync.Mutex
	counts = map[uint32]int{}
)

// Hook counts a point.
func Hook(site uint32) {
	mu.Lock()
	counts[site]++
	mu.Unlock()
}

// Counts returns how often each point was passed.
func Counts() map[uint32]int {
	mu.Lock()
	defer mu.Unlock()
	got := map[uint32]int{}
	for site, n := range counts {
		got[site] = n
	}
	return got
}
