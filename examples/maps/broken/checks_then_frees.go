package broken

import "github.com/leakassert/leakassert/examples/maps"

// ChecksThenFrees is a cache on [maps.Sync] that can be cleaned up while it is used,
// and then loses what is stored under a key between the check and the deletion.
type ChecksThenFrees[K comparable, V any] struct {
	maps.Sync[K, V]
}

// CompareAndDelete was written when sync.Map had none.
func (m *ChecksThenFrees[K, V]) CompareAndDelete(key K, old V) (deleted bool) {
	if v, ok := m.Load(key); !ok || any(v) != any(old) {
		return false
	}
	// Mistake: the value that is deleted need not be the one that was compared.
	m.Delete(key)
	return true
}

// Cleanup deletes the entries that have expired.
func (m *ChecksThenFrees[K, V]) Cleanup(expired func(key K, value V) bool) {
	var keys []K
	m.Range(func(key K, value V) bool {
		if expired(key, value) {
			keys = append(keys, key)
		}
		return true
	})
	for _, key := range keys {
		// Mistake: the key may have a new value by now. (Sync.CompareAndDelete(key, value))
		m.Delete(key)
	}
}
