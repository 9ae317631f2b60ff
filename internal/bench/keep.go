package bench

import "runtime"

// An object is a small one, of 32 bytes, with a pointer in it.
type object struct {
	next *object
	_    [3]uint64
}

// keep keeps n objects alive, as the caches and tables of a large test binary do:
// a garbage collection has to mark them all.
func keep(n int) (release func()) {
	kept := make([]*object, n)
	for i := range kept {
		kept[i] = &object{next: kept[i/2]}
	}
	return func() {
		runtime.KeepAlive(kept)
		kept = nil
		runtime.GC()
	}
}
