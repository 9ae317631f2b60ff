package mapdrive

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// FuzzDecode: all bytes mean something, and nothing that the tables do not have.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{0xff})
	f.Add([]byte{0, 0, 1, 2})
	f.Add([]byte("\x00\x01\x01\x01\x02\x01\x01\x03\x02\x01\x00\x00\x01\x00"))
	f.Add([]byte("a store, a load, a delete, and all that again on the same few keys"))
	kinds := []byte{23, 15} // all keys, a long setup
	for k := range 3 * 16 {
		kinds = append(kinds, byte(k*16+k), byte(255-k), byte(k*7))
	}
	f.Add(kinds)
	ranges := []byte{0, 0} // the last of eleven kinds
	for stop := range byte(50) {
		ranges = append(ranges, 10, 0, stop)
	}
	f.Add(ranges)
	f.Add(append([]byte{1, 255}, make([]byte, 3*(mostDecoded+5))...))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, keys := range []int{1, 2, 300} {
			for _, vals := range []int{1, 2, 300} {
				d := driver(newLocked)
				d.Keys, d.Vals = keys, vals
				alone, together := d.Decode(data)
				table := fmt.Sprintf("%d keys, %d values", keys, vals)
				assert.Len(t, alone.Workers, 1, table)
				assert.Equal(t, min(max(0, len(data)-2)/3, mostDecoded), alone.ops(), table)
				assert.Empty(t, alone.Setup, table)
				assert.LessOrEqual(t, len(together.Setup), 15, table)
				assert.LessOrEqual(t, len(together.Workers), 4, table)
				for _, ops := range together.Workers {
					assert.NotEmpty(t, ops, table)
					assert.LessOrEqual(t, len(ops), mostOfWorker, table)
				}
				for _, s := range []Scenario{alone, together} {
					s.each(func(w int, op Op) {
						val := op.Val >= 0 && op.Val < vals && (op.Kind != Range || op.Val < 4)
						key, old := op.Key >= 0 && op.Key < keys, op.Old >= 0 && op.Old < vals
						kind := op.Kind >= Load && op.Kind <= Range && (w >= 0 || op.Kind <= LastOfKey)
						if !val || !key || !old || !kind || op.Spell(numbers{}) == "" {
							t.Errorf("%s: worker %d: %+v", table, w, op)
						}
						_ = Result{Absent, false}.Spell(op, numbers{})
					})
					_ = Outcome{}.Columns(s, numbers{})
				}
			}
		}
	})
}

// What bytes stand for is done: a right map passes, and a wrong one fails in the part
// that shows it.
func TestExecute(t *testing.T) {
	// Two of a store, a load and a deletion of key 1.
	data := []byte{3, 0, 1, 1, 2, 0, 1, 2, 2, 1, 0, 1, 1, 1, 0, 1, 0, 2, 1, 0}
	assert.Nil(t, driver(newLocked).Execute(data, 50, false))
	f := driver(func() Target { return &faulty{locked: newFresh(), do: loadsNothing} }).Execute(data, 50, false)
	if assert.NotNil(t, f) {
		assert.Equal(t, "sequential", f.Mode)
		assert.Equal(t, "Load(k1) returned absent, false: it must be v2, true", f.What)
	}
	assert.Nil(t, driver(newLocked).Execute(nil, 50, false))
}
