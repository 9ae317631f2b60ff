package mapdrive

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// What is left is what it takes to fail, in order.
func TestShrinkFindsHiddenSubset(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range 2000 {
		all := rng.Perm(2 + rng.IntN(60))
		share := rng.IntN(5) // of four: from nothing to everything
		hidden := slices.DeleteFunc(slices.Clone(all), func(int) bool { return rng.IntN(4) >= share })
		if len(all) > 40 && len(hidden) > 3 && i%2 == 0 {
			hidden = hidden[:3]
		}
		given := slices.Clone(all)
		left := shrink(all, func(some []int) bool { return containsAll(some, hidden) })
		if !assert.Equal(t, hidden, left, "of %v", given) {
			return
		}
		assert.Equal(t, given, all, "what it was given is as before")
	}
}

// Of one part, or none, nothing may be left.
func TestShrinkFew(t *testing.T) {
	always := func([]int) bool { return true }
	assert.Empty(t, shrink(nil, always))
	assert.Empty(t, shrink([]int{1}, always))
	assert.Empty(t, shrink([]int{1, 2}, always))
	assert.Equal(t, []int{1}, shrink([]int{1}, func(some []int) bool { return len(some) > 0 }))
}

// containsAll is whether some has all that is hidden, in order.
func containsAll(some, hidden []int) bool {
	for _, x := range some {
		if len(hidden) > 0 && hidden[0] == x {
			hidden = hidden[1:]
		}
	}
	return len(hidden) == 0
}

// A predicate that sees an order of its own: shrink leaves none out that it needs.
func TestShrinkLeavesWhatFails(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	for range 500 {
		all := rng.Perm(2 + rng.IntN(30))
		odd := func(some []int) bool { // not monotone
			n := 0
			for _, x := range some {
				n += x % 2
			}
			return n%2 == 1
		}
		if !odd(all) {
			continue
		}
		left := shrink(all, odd)
		assert.True(t, odd(left))
		for i := range left {
			assert.False(t, odd(slices.Delete(slices.Clone(left), i, i+1)), "%v can do without %d", left, left[i])
		}
	}
}
