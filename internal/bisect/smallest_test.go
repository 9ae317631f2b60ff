package bisect_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/leakassert/leakassert/internal/bisect"
	"github.com/stretchr/testify/assert"
)

// Whatever set of items is needed, exactly these are found.
func TestSmallest(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		items := make([]int, 1+r.IntN(40))
		for i := range items {
			items[i] = i
		}
		var needed []int
		for range 1 + r.IntN(4) {
			needed = append(needed, r.IntN(len(items)))
		}
		slices.Sort(needed)
		needed = slices.Compact(needed)
		got := bisect.Smallest(items, func(some []int) bool {
			return !slices.ContainsFunc(needed, func(n int) bool { return !slices.Contains(some, n) })
		})
		assert.Equal(t, needed, got)
	}
}

// If several sets do, one of them is found.
func TestSmallestOfSeveral(t *testing.T) {
	items := []string{"a", "b", "c", "d", "e", "f", "g"}
	fails := func(some []string) bool {
		has := func(s string) bool { return slices.Contains(some, s) }
		return has("b") && has("f") || has("c") && has("d") && has("g")
	}
	got := bisect.Smallest(items, fails)
	assert.True(t, fails(got), got)
	for i := range got {
		assert.False(t, fails(slices.Delete(slices.Clone(got), i, i+1)), got)
	}
}

func TestSmallestTriesFew(t *testing.T) {
	items, tried := make([]int, 1000), 0
	for i := range items {
		items[i] = i
	}
	got := bisect.Smallest(items, func(some []int) bool {
		tried++
		return slices.Contains(some, 617)
	})
	assert.Equal(t, []int{617}, got)
	assert.Less(t, tried, 25)
}
