package mapfuzz_test

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
)

// testdata/stored.schedule depends on the lines of this file: see TestReplayStored.

// hashTable finds entries by their whole hashes. Two keys never have the same one by chance.
type hashTable struct {
	mu     sync.Mutex
	seed   maphash.Seed
	chains map[uint64]*link
	probes atomic.Int64
	cut    bool // Delete takes out all keys of the same hash
}

type link struct {
	key  int
	val  string
	next *link
}

func newHashTable(cut bool) *hashTable {
	t := new(hashTable)
	t.init(cut)
	return t
}

func (t *hashTable) init(cut bool) {
	t.seed, t.chains, t.cut = maphash.MakeSeed(), make(map[uint64]*link), cut
}

// hash takes as many probes as the hash says.
func (t *hashTable) hash(k int) uint64 {
	var h maphash.Hash
	h.SetSeed(t.seed)
	maphash.WriteComparable(&h, k)
	hash := h.Sum64()
	for range (hash ^ maphash.Comparable(t.seed, k)) % 4 {
		t.probes.Add(1)
	}
	return hash
}

func (t *hashTable) Load(k int) (string, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for l := t.chains[t.hash(k)]; l != nil; l = l.next {
		if l.key == k {
			return l.val, true
		}
	}
	return "", false
}

func (t *hashTable) Store(k int, v string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.hash(k)
	for l := t.chains[h]; l != nil; l = l.next {
		if l.key == k {
			l.val = v
			return
		}
	}
	t.chains[h] = &link{k, v, t.chains[h]}
}

func (t *hashTable) Delete(k int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.hash(k)
	var rest *link
	for l := t.chains[h]; l != nil; l = l.next {
		if l.key != k && !t.cut {
			rest = &link{l.key, l.val, rest}
		}
	}
	if t.chains[h] = rest; rest == nil {
		delete(t.chains, h)
	}
}

func (t *hashTable) Range(f func(int, string) bool) {
	t.mu.Lock()
	var all []*link
	for _, l := range t.chains {
		for ; l != nil; l = l.next {
			all = append(all, &link{l.key, l.val, nil})
		}
	}
	t.mu.Unlock()
	for _, l := range all {
		if !f(l.key, l.val) {
			return
		}
	}
}
