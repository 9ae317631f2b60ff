package mapdrive

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// randomOutcome is what a random scenario could have given. Each record has a time of
// its own, so that no two of them are equal.
func randomOutcome(rng *rand.Rand) (s Scenario, o Outcome) {
	keys := 1 + rng.IntN(20)
	clock := int64(0)
	record := func(op Op, w int) Record {
		clock++
		return Record{Op: op, Worker: w, Call: clock, Return: clock}
	}
	for w := range 1 + rng.IntN(4) {
		var ops []Op
		for range rng.IntN(30) {
			op := Op{Kind: Kind(rng.IntN(int(Pause) + 1)), Key: rng.IntN(keys)}
			if op.Kind == RangeWrites {
				op.Kind = Clear
			}
			ops = append(ops, op)
			o.Records = append(o.Records, record(op, w))
		}
		s.Workers = append(s.Workers, ops)
	}
	if rng.IntN(2) == 0 {
		s.Setup = []Op{{Kind: Store, Key: rng.IntN(keys)}}
	}
	for _, k := range s.Keys() {
		o.Final = append(o.Final, record(Op{Kind: Load, Key: k}, len(s.Workers)))
	}
	return s, o
}

// The records of each key are those that concern it, in order, and each Clear.
func TestOrderSorts(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	var o order
	for range 500 {
		s, outcome := randomOutcome(rng)
		f := newFacts(s)
		records := append(outcome.copied().Records, outcome.Final...)
		o.sort(f, records)
		if !assert.Len(t, o.its, len(f.keys)) {
			return
		}
		for i, k := range f.keys {
			var got []Record
			for _, at := range o.its[i] {
				got = append(got, records[at])
			}
			if !assert.Equal(t, outcome.of(k), got, "key %d of %+v", k, s) {
				return
			}
		}
	}
}
