package mapdrive

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// Facts and the map agree on what is there when the workers begin.
func TestFactsBefore(t *testing.T) {
	rng := rand.New(rand.NewPCG(11, 12))
	for range 200 {
		s := Scenario{Workers: [][]Op{nil}}
		for range rng.IntN(12) {
			s.Setup = append(s.Setup, Op{Kind: Kind(rng.IntN(int(Clear) + 1)), Key: rng.IntN(4), Val: rng.IntN(2), Old: rng.IntN(2)})
		}
		l := newLocked()
		for _, op := range s.Setup {
			l.Do(op)
		}
		f := newFacts(s)
		for _, k := range f.keys {
			want := l.Do(Op{Kind: Load, Key: k}).Val
			if !assert.Equal(t, want, f.before[k], "key %d of %+v", k, s.Setup) {
				return
			}
		}
	}
}

// A key that one worker uses has answers that are known; of one that others use, too,
// only an order tells.
func TestFactsPrivate(t *testing.T) {
	store := func(k int) Op { return Op{Kind: Store, Key: k} }
	for _, c := range []struct {
		why     string
		workers [][]Op
		private bool
		alone   bool
	}{
		{"one worker", [][]Op{{store(1), {Kind: Clear}, {Kind: Len}, {Kind: Range}}}, true, true},
		{"each has its own keys", [][]Op{{store(1), store(2)}, {store(3), {Kind: Len}}}, true, false},
		{"both use a key", [][]Op{{store(1)}, {{Kind: Load, Key: 1}}}, false, false},
		{"Clear takes those of all", [][]Op{{store(1)}, {{Kind: Clear}}}, false, false},
		{"Range changes a key", [][]Op{{store(1)}, {{Kind: RangeWrites, Key: 2}}}, false, false},
	} {
		f := newFacts(Scenario{Workers: c.workers})
		assert.Equal(t, c.private, f.private, c.why)
		assert.Equal(t, c.alone, f.alone, c.why)
	}
}
