package mapdrive

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// at is a record of key 0 with its times.
func at(call, ret int64, w int, op Op, val int, ok bool) Record {
	return Record{Op: op, Result: Result{val, ok}, Worker: w, Call: call, Return: ret}
}

var (
	loading  = Op{Kind: Load}
	deleting = Op{Kind: Delete}
	taking   = Op{Kind: LoadAndDelete}
	clearing = Op{Kind: Clear}
)

func storing(val int) Op { return Op{Kind: Store, Val: val} }

// sentence is what is said of records, those of each worker together, which have no
// order.
func sentence(t *testing.T, before int, records []Record) string {
	its := make([]int32, len(records))
	for i := range its {
		its[i] = int32(i)
	}
	v, bad := new(checker).check(records, its, before)
	if !assert.Equal(t, impossible, v, "%+v", records) {
		return ""
	}
	text, named := words(records, records[bad], before, numbers{})
	assert.Contains(t, named, records[bad])
	return text
}

// Each sentence, for a history of which it is true.
func TestWords(t *testing.T) {
	for _, c := range []struct {
		want    string
		before  int
		records []Record
	}{
		{"Load(k0) returned a value that nobody has stored", Absent, []Record{
			at(1, 2, 0, storing(1), Absent, false),
			at(3, 4, 0, loading, Foreign, true),
		}},
		{"Store(k0, v1) was lost: Load(k0) returned absent, though nothing has deleted k0 since", Absent, []Record{
			at(1, 2, 0, storing(1), Absent, false),
			at(3, 4, 1, loading, Absent, false),
		}},
		{"LoadOrStore(k0, v1) was lost: Load(k0) returned absent, though nothing has deleted k0 since", 2, []Record{
			at(1, 2, 0, deleting, Absent, false),
			at(3, 4, 0, Op{Kind: LoadOrStore, Val: 1}, 1, false),
			at(5, 6, 1, loading, Absent, false),
		}},
		{"CompareAndSwap(k0, v2, v1) was lost: Load(k0) returned absent, though nothing has deleted k0 since", 2, []Record{
			at(1, 2, 0, Op{Kind: CompareAndSwap, Old: 2, Val: 1}, Absent, true),
			at(3, 4, 0, Op{Kind: CompareAndDelete, Old: 2}, Absent, false),
			at(5, 6, 1, loading, Absent, false),
		}},
		{"k0 was lost: Load(k0) returned absent, though nothing has deleted it", 2, []Record{
			at(1, 2, 0, Op{Kind: CompareAndDelete, Old: 1}, Absent, false),
			at(3, 4, 1, loading, Absent, false),
		}},
		{"Delete(k0) was undone: Load(k0) returned v2, true, though nothing has stored it again", 2, []Record{
			at(1, 2, 0, deleting, Absent, false),
			at(3, 4, 1, loading, 2, true),
		}},
		{"LoadAndDelete(k0) was undone: Load(k0) returned v2, true, though nothing has stored it again", 2, []Record{
			at(1, 2, 0, taking, 2, true),
			at(3, 4, 1, loading, 2, true),
		}},
		{"Store(k0, v2) was lost: Load(k0) returned v1, true", Absent, []Record{
			at(1, 2, 0, storing(1), Absent, false),
			at(3, 4, 0, storing(2), Absent, false),
			at(5, 6, 1, loading, 1, true),
		}},
		{"Delete(k0) was undone: Load(k0) returned v1, true, though nothing has stored it again", Absent, []Record{
			at(1, 2, 0, storing(1), Absent, false),
			at(3, 4, 0, deleting, Absent, false),
			at(5, 6, 1, loading, 1, true),
		}},
		{"Load(k0) returned v1, true, which can't be there then", Absent, []Record{
			at(1, 2, 0, loading, 1, true),
			at(3, 4, 1, storing(1), Absent, false),
		}},
		{"CompareAndSwap(k0, v1, v2) succeeded, though the value can't have been v1 then", 3, []Record{
			at(1, 2, 0, Op{Kind: CompareAndSwap, Old: 1, Val: 2}, Absent, true),
		}},
		{"CompareAndDelete(k0, v1) succeeded, though the value can't have been v1 then", 1, []Record{
			at(1, 2, 0, taking, 1, true),
			at(3, 4, 1, Op{Kind: CompareAndDelete, Old: 1}, Absent, true),
		}},
		{"LoadOrStore(k0, v1) stored, though there was a value already", 3, []Record{
			at(1, 2, 0, Op{Kind: LoadOrStore, Val: 1}, 1, false),
		}},
		{"no order of the operations explains that Swap(k0, v1) returned v2, true", 3, []Record{
			at(1, 2, 0, Op{Kind: Swap, Val: 1}, 2, true),
		}},
		{"no order of the operations explains that LoadAndDelete(k0) returned absent, false", 3, []Record{
			at(1, 2, 0, taking, Absent, false),
		}},
		{"no order of the operations explains that LoadOrStore(k0, v1) returned v2, true", Absent, []Record{
			at(1, 2, 0, Op{Kind: LoadOrStore, Val: 1}, 2, true),
		}},
		{"no order of the operations explains that CompareAndSwap(k0, v3, v1) returned false", 3, []Record{
			at(1, 2, 0, Op{Kind: CompareAndSwap, Old: 3, Val: 1}, Absent, false),
		}},
		{"no order of the operations explains that CompareAndDelete(k0, v3) returned false", 3, []Record{
			at(1, 2, 0, Op{Kind: CompareAndDelete, Old: 3}, Absent, false),
		}},
		{"no order of the operations explains that Load(k0) returned absent, false", Absent, []Record{
			at(1, 2, 0, storing(1), Absent, false),
			at(1, 3, 1, deleting, Absent, false),
			at(4, 5, 2, loading, 1, true),
			at(6, 7, 2, loading, Absent, false),
		}},
	} {
		assert.Equal(t, c.want, sentence(t, c.before, c.records))
	}
}

// What is said must be true: it blames no operation that came later, or was made void
// by another one.
func TestWordsAreTrue(t *testing.T) {
	for _, c := range []struct {
		why, not string
		before   int
		records  []Record
	}{
		{"the store came after the load", "Store(k0, v1) was lost", 2, []Record{
			at(1, 2, 0, loading, Absent, false),
			at(3, 4, 0, storing(1), Absent, false),
		}},
		{"the deletion came after the load", "Delete(k0) was undone", 2, []Record{
			at(1, 2, 0, loading, 1, true),
			at(3, 4, 0, deleting, Absent, false),
		}},
		{"v2 was stored over v1, and v3 was lost", "Store(k0, v1) was lost", Absent, []Record{
			at(5, 6, 0, storing(3), Absent, false),
			at(1, 2, 1, storing(1), Absent, false),
			at(3, 4, 1, storing(2), Absent, false),
			at(7, 8, 2, loading, 2, true),
		}},
		{"Clear can have come after the store", "nothing has deleted", Absent, []Record{
			at(1, 6, 0, clearing, Absent, false),
			at(2, 3, 1, storing(1), Absent, false),
			at(7, 8, 2, loading, 1, true),
			at(9, 10, 2, loading, Absent, false),
		}},
		{"there was no value", "there was a value already", Absent, []Record{
			at(1, 2, 0, Op{Kind: LoadOrStore, Val: 1}, 2, false),
		}},
	} {
		assert.NotContains(t, sentence(t, c.before, c.records), c.not, c.why)
	}
}

// The last answer of the only one who uses a key is told with the store that it misses.
func TestLost(t *testing.T) {
	last := Record{Op: Op{Kind: Load, Key: 0}, Result: Result{Absent, false}}
	for _, c := range []struct {
		want    string
		records []Record
	}{
		{"", nil},
		{"Store(k0, v1) was lost: ", []Record{at(1, 2, 0, Op{Kind: Swap, Val: 2}, Absent, false), at(3, 4, 0, storing(1), Absent, false), at(5, 6, 0, loading, 1, true)}},
		{"Swap(k0, v2) was lost: ", []Record{at(1, 2, 0, Op{Kind: Swap, Val: 2}, Absent, false), at(3, 4, 0, Op{Kind: Store, Key: 7}, Absent, false)}},
		{"", []Record{at(1, 2, 0, storing(1), Absent, false), at(3, 4, 0, deleting, Absent, false)}},
	} {
		text, named := lost(c.records, last, numbers{})
		assert.Equal(t, c.want, text, "%+v", c.records)
		assert.Contains(t, named, last)
	}
}

func TestNothingIsLostByClear(t *testing.T) {
	records := []Record{at(1, 2, 0, storing(1), Absent, false), at(3, 4, 0, clearing, Absent, false)}
	text, _ := lost(records, Record{Op: Op{Kind: Load}, Result: Result{1, true}}, numbers{})
	assert.Empty(t, text)
}
