// Package bisect finds the smallest set of tests that reproduces a leak which no test has by itself. It
// runs subsets of the tests in child processes.
package bisect

import "slices"

// Smallest returns a subset of items for which fails still returns true, and from which no item can be
// left out. fails is true for all items together. The method is that of delta debugging (Zeller and
// Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002).
func Smallest[T any](items []T, fails func([]T) bool) []T {
	for parts := 2; len(items) > 1; {
		size := (len(items) + parts - 1) / parts
		smaller := slices.IndexFunc(slices.Collect(slices.Chunk(items, size)), func(part []T) bool { return fails(part) })
		if smaller >= 0 {
			items, parts = items[smaller*size:min(len(items), (smaller+1)*size)], 2
			continue
		}
		without := func(i int) []T { return slices.Concat(items[:i], items[min(len(items), i+size):]) }
		left := false
		for i := 0; i < len(items) && parts > 2 && !left; i += size { // of two parts, each is what the other leaves
			if rest := without(i); fails(rest) {
				items, parts, left = rest, max(parts-1, 2), true
			}
		}
		switch {
		case left:
		case size == 1:
			return items
		default:
			parts = min(2*parts, len(items))
		}
	}
	return items
}
