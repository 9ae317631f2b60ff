package mapdrive

import "slices"

// shrink removes parts for as long as what is left still fails: delta debugging, see
// Zeller and Hildebrandt, Simplifying and isolating failure-inducing input (2002).
func shrink[T any](all []T, fails func([]T) bool) []T {
	for size := max(1, len(all)/2); size > 0; {
		removed := false
		for at := 0; at+size <= len(all); {
			without := slices.Delete(slices.Clone(all), at, at+size)
			if fails(without) {
				all, removed = without, true
				continue
			}
			at += size
		}
		if !removed || size > len(all)/2 {
			size /= 2
		}
	}
	return all
}
