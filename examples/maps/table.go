package maps

// A table is what the maps with locks put their lock around: each method of [Map] as
// a built-in map does it, for one goroutine at a time.
type table[K comparable, V any] map[K]V

func (t *table[K, V]) store(key K, value V) {
	if *t == nil {
		*t = make(table[K, V])
	}
	(*t)[key] = value
}

func (t *table[K, V]) loadOrStore(key K, value V) (actual V, loaded bool) {
	if actual, loaded = (*t)[key]; loaded {
		return actual, true
	}
	t.store(key, value)
	return value, false
}

func (t table[K, V]) loadAndDelete(key K) (value V, loaded bool) {
	value, loaded = t[key]
	delete(t, key)
	return value, loaded
}

func (t *table[K, V]) swap(key K, value V) (previous V, loaded bool) {
	previous, loaded = (*t)[key]
	t.store(key, value)
	return previous, loaded
}

func (t table[K, V]) compareAndSwap(key K, old, new V) (swapped bool) {
	if !t.has(key, old) {
		return false
	}
	t[key] = new
	return true
}

func (t table[K, V]) compareAndDelete(key K, old V) (deleted bool) {
	if !t.has(key, old) {
		return false
	}
	delete(t, key)
	return true
}

// has is whether key is there, and has the value: to look at the value alone would
// take a key that is not there for one with a zero value.
func (t table[K, V]) has(key K, value V) bool {
	v, ok := t[key]
	return ok && equal(v, value)
}

// clear drops the built-in map, since one that is only emptied keeps its memory.
func (t *table[K, V]) clear() { *t = nil }
