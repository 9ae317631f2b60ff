package mapdrive

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// did is a record of a worker.
func did(w int, op Op, val int, ok bool) Record {
	return Record{Op: op, Result: Result{val, ok}, Worker: w, Return: 1}
}

// to are records of one kind on keys from first to last.
func to(w int, kind Kind, first, last, val int, ok bool) (records []Record) {
	for k := first; k <= last; k++ {
		records = append(records, did(w, Op{Kind: kind, Key: k, Val: k}, val, ok))
	}
	return records
}

func join(all ...[]Record) (records []Record) {
	for _, some := range all {
		records = append(records, some...)
	}
	return records
}

// ofWorkers is a scenario of so many: of them Columns needs no more.
func ofWorkers(n int, setup ...Op) Scenario { return Scenario{Setup: setup, Workers: make([][]Op, n)} }

func TestColumns(t *testing.T) {
	store := func(k, v int) Op { return Op{Kind: Store, Key: k, Val: v} }
	for _, c := range []struct {
		why  string
		s    Scenario
		o    Outcome
		want string
	}{
		{"nothing", Scenario{}, Outcome{}, ""},
		{"two workers, one of which does more, a setup and an end",
			ofWorkers(2, store(0, 1), Op{Kind: Delete, Key: 3}),
			Outcome{
				Records: []Record{
					did(0, Op{Kind: Load, Key: 0}, 1, true),
					did(0, Op{Kind: Delete, Key: 0}, Absent, false),
					did(1, Op{Kind: CompareAndSwap, Key: 0, Val: 3, Old: 2}, Absent, false),
				},
				Final: []Record{did(2, Op{Kind: Load, Key: 0}, Absent, false), did(2, Op{Kind: Load, Key: 3}, 5, true)},
			}, `before:  Store(k0, v1); Delete(k3)
    worker 1               worker 2
    Load(k0) → v1, true    CompareAndSwap(k0, v2, v3) → false
    Delete(k0)
after:   Load(k0) → absent, false; Load(k3) → v5, true
`},
		{"each kind of operation", ofWorkers(1), Outcome{Records: []Record{
			did(0, Op{Kind: Load, Key: 1}, Foreign, true),
			did(0, Op{Kind: LoadOrStore, Key: 1, Val: 2}, 2, false),
			did(0, Op{Kind: LoadAndDelete, Key: 1}, 2, true),
			did(0, Op{Kind: Swap, Key: 1, Val: 4}, Absent, false),
			did(0, Op{Kind: CompareAndSwap, Key: 1, Old: 4, Val: 5}, Absent, true),
			did(0, Op{Kind: CompareAndDelete, Key: 1, Old: 5}, Absent, true),
			did(0, Op{Kind: Clear}, Absent, false),
			did(0, Op{Kind: Len}, 3, false),
			did(0, Op{Kind: Range}, 1, false),
			did(0, Op{Kind: Range, Val: 2}, 2, false),
			did(0, Op{Kind: RangeWrites, Key: 7, Val: 1}, Absent, false),
			did(0, Op{Kind: Pause, Val: 80}, Absent, false),
		}}, `    worker 1
    Load(k1) → a stranger, true
    LoadOrStore(k1, v2) → v2, false
    LoadAndDelete(k1) → v2, true
    Swap(k1, v4) → absent, false
    CompareAndSwap(k1, v4, v5) → true
    CompareAndDelete(k1, v5) → true
    Clear()
    Len() → 3
    Range() → 1 entry
    Range(stop at 2) → 2 entries
    Range(Store(k7, v1), Delete(k7), …)
    pause(80)
`},
		{"a run of four or more is one line", ofWorkers(1), Outcome{Records: join(
			to(0, Store, 0, 9, Absent, false),
			to(0, Load, 0, 3, 7, true),
			to(0, Load, 4, 6, Absent, false),
			to(0, Delete, 4, 8, Absent, false),
			to(0, Clear, 0, 3, Absent, false), // their keys mean nothing
		)}, `    worker 1
    Store(k0, v0) to Store(k9, v9)
    Load(k0) to Load(k3) → v7, true
    Load(k4) → absent, false
    Load(k5) → absent, false
    Load(k6) → absent, false
    Delete(k4) to Delete(k8)
    Clear()
    Clear()
    Clear()
    Clear()
`},
		{"runs of the setup and of the end", ofWorkers(1, store(0, 0), store(1, 1), store(2, 0), store(3, 1), store(9, 0)), Outcome{
			Records: to(0, Delete, 0, 0, Absent, false),
			Final:   join(to(1, Load, 0, 0, Absent, false), to(1, Load, 1, 4, 1, true), to(1, Load, 9, 9, 0, true)),
		}, `before:  Store(k0, v0) to Store(k3, v1); Store(k9, v0)
    worker 1
    Delete(k0)
after:   Load(k0) → absent, false; Load(k1) to Load(k4) → v1, true; Load(k9) → v0, true
`},
		{"a setup of other operations has no results", ofWorkers(1, Op{Kind: Swap, Key: 1, Val: 2}, Op{Kind: LoadOrStore, Key: 1, Val: 3}), Outcome{
			Records: to(0, Delete, 0, 0, Absent, false),
		}, `before:  Swap(k1, v2); LoadOrStore(k1, v3)
    worker 1
    Delete(k0)
`},
		{"an operation that does not return ends its worker, and is no part of a run", ofWorkers(2), Outcome{Records: join(
			to(0, LoadOrStore, 0, 4, 0, false),
			[]Record{{Op: Op{Kind: LoadOrStore, Key: 5, Val: 5}, Worker: 0, Open: "does not return"}},
			[]Record{{Op: Op{Kind: Range}, Worker: 1, Open: "does not return"}},
		)}, `    worker 1                                                  worker 2
    LoadOrStore(k0, v0) to LoadOrStore(k4, v4) → v0, false    Range() does not return
    LoadOrStore(k5, v5) does not return
`},
		{"a worker that has done nothing", ofWorkers(2), Outcome{Records: to(1, Delete, 3, 3, Absent, false)}, `    worker 1    worker 2
                Delete(k3)
`},
	} {
		assert.Equal(t, c.want, c.o.Columns(c.s, numbers{}), c.why)
	}
}

// Of a long column the middle is left out; of what is at the end more is shown.
func TestColumnsLeaveOutTheMiddle(t *testing.T) {
	var records []Record
	for i := range 30 {
		records = append(records, did(0, Op{Kind: Swap, Key: 7, Val: i}, i-1, i > 0))
	}
	assert.Equal(t, `    worker 1
    Swap(k7, v0) → absent, false
    Swap(k7, v1) → v0, true
    Swap(k7, v2) → v1, true
    Swap(k7, v3) → v2, true
    Swap(k7, v4) → v3, true
    Swap(k7, v5) → v4, true
    … 7 more …
    Swap(k7, v13) → v12, true
    Swap(k7, v14) → v13, true
    Swap(k7, v15) → v14, true
    Swap(k7, v16) → v15, true
    Swap(k7, v17) → v16, true
    Swap(k7, v18) → v17, true
    Swap(k7, v19) → v18, true
    Swap(k7, v20) → v19, true
    Swap(k7, v21) → v20, true
    Swap(k7, v22) → v21, true
    Swap(k7, v23) → v22, true
    Swap(k7, v24) → v23, true
    Swap(k7, v25) → v24, true
    Swap(k7, v26) → v25, true
    Swap(k7, v27) → v26, true
    Swap(k7, v28) → v27, true
    Swap(k7, v29) → v28, true
`, Outcome{Records: records}.Columns(ofWorkers(1), numbers{}))

	assert.NotContains(t, Outcome{Records: records[:mostRows]}.Columns(ofWorkers(1), numbers{}), "more")
	var setup []Op
	for i := range 14 {
		setup = append(setup, Op{Kind: Store, Key: 7, Val: i})
	}
	assert.Equal(t, "before:  Store(k7, v0); Store(k7, v1); Store(k7, v2); … 3 more …; Store(k7, v6); Store(k7, v7); Store(k7, v8); "+
		"Store(k7, v9); Store(k7, v10); Store(k7, v11); Store(k7, v12); Store(k7, v13)\n", Outcome{}.Columns(ofWorkers(0, setup...), numbers{}))
}

// What the description of the fault names is shown, however long the column is, and only its key.
func TestColumnsShowWhatIsNamed(t *testing.T) {
	var records []Record
	for i := range 200 {
		records = append(records, did(0, Op{Kind: Swap, Key: i % 2, Val: i}, i-2, i > 1), did(1, Op{Kind: Load, Key: 0}, i, true))
	}
	records[40].Result.Val = 7
	s := ofWorkers(2)
	s.Workers[0] = make([]Op, 200)
	named := Outcome{Records: records, Named: []Record{records[40], records[80]}}.Columns(s, numbers{})
	assert.Contains(t, named, "only what concerns k0:\n")
	assert.Contains(t, named, "Swap(k0, v20) → v7, true")
	assert.Contains(t, named, "Swap(k0, v40) → v38, true")
	assert.NotContains(t, named, "Swap(k1, ")
	assert.Contains(t, named, "\n    … 7 more …")
	for i := range records {
		records[i].Call, records[i].Return = int64(2*i), int64(2*i+1)
	}
	named = Outcome{Records: records, Named: []Record{records[40], records[80]}}.Columns(s, numbers{})
	assert.Contains(t, named, "Load(k0) → v39, true")
	assert.NotContains(t, named, "Load(k0) → v40, true", "it was called later")

	stores := to(0, Store, 0, 49, Absent, false)
	assert.Equal(t, `    worker 1
    Store(k0, v0) to Store(k24, v24)
    Store(k25, v25)
    Store(k26, v26) to Store(k49, v49)
`, Outcome{Records: stores, Named: []Record{stores[25], did(1, Op{Kind: Range}, 3, false)}}.Columns(ofWorkers(1), numbers{}))
}

// What the setup has returned is not known, whatever it does.
func TestColumnsOfSetup(t *testing.T) {
	var setup []Op
	for k := Load; k <= LastOfKey; k++ {
		setup = append(setup, Op{Kind: k, Key: 1, Val: 2, Old: 3})
	}
	assert.Equal(t, "before:  Load(k1); Store(k1, v2); Delete(k1); LoadOrStore(k1, v2); LoadAndDelete(k1); Swap(k1, v2); "+
		"CompareAndSwap(k1, v3, v2); CompareAndDelete(k1, v3)\n", Outcome{}.Columns(ofWorkers(0, setup...), numbers{}))
}
