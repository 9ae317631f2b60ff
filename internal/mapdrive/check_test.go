package mapdrive

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// An ofOneKey is a history: what workers have done to one key.
type ofOneKey struct {
	before  int
	records []Record
	its     []int32 // those of the key
}

// key is the one that is checked; the records of another one lie between.
const (
	checkedKey = 5
	otherKey   = 6
)

// randomHistory has an order that explains it: each operation takes effect at a moment
// of its own, somewhere from its call to its return.
func randomHistory(rng *rand.Rand) ofOneKey {
	const vals = 3
	const spacing = 3 // so narrow that times are often the same
	h := ofOneKey{before: rng.IntN(vals+1) - 1}
	workers := make([][]Record, 2+rng.IntN(3))
	left := make([]int, len(workers))
	var turns []int
	for w := range workers {
		for range 1 + rng.IntN(4) {
			turns = append(turns, w)
			left[w]++
		}
	}
	rng.Shuffle(len(turns), func(i, j int) { turns[i], turns[j] = turns[j], turns[i] })
	state := h.before
	free := make([]int64, len(workers)) // from when on a worker can call
	for i, w := range turns {
		op := Op{Kind: Kind(rng.IntN(int(Clear) + 1)), Key: checkedKey, Val: rng.IntN(vals), Old: rng.IntN(vals)}
		r := Record{Op: op, Worker: w}
		state, r.Result = Step(state, op)
		// It returns before the next one of the worker takes effect, or soon enough.
		at, last := int64(spacing*i), int64(spacing*len(turns))
		for j, next := range turns[i+1:] {
			if next == w {
				last = int64(spacing * (i + 1 + j))
				break
			}
		}
		r.Call = free[w] + rng.Int64N(at-free[w]+1)
		r.Return = at + rng.Int64N(last-at)
		free[w] = r.Return + 1
		workers[w] = append(workers[w], r)
	}
	for _, its := range workers {
		for _, r := range its {
			for rng.IntN(3) == 0 {
				h.records = append(h.records, Record{Op: Op{Kind: Load, Key: otherKey}, Worker: r.Worker})
			}
			h.its = append(h.its, int32(len(h.records)))
			h.records = append(h.records, r)
		}
	}
	return h
}

// mutate changes results and intervals; a worker still does one operation
// after the other.
func (h ofOneKey) mutate(rng *rand.Rand) {
	for range 1 + rng.IntN(4) {
		i := rng.IntN(len(h.its))
		r := &h.records[h.its[i]]
		earliest, latest := int64(0), int64(1000)
		if i > 0 {
			if prev := h.records[h.its[i-1]]; prev.Worker == r.Worker {
				earliest = prev.Return + 1
			}
		}
		if i+1 < len(h.its) {
			if next := h.records[h.its[i+1]]; next.Worker == r.Worker {
				latest = next.Call - 1
			}
		}
		switch rng.IntN(7) {
		case 0, 1, 2: // what it could have returned in another state
			_, r.Result = Step(rng.IntN(4)-1, r.Op)
		case 3:
			r.Return = r.Call
		case 4:
			r.Call = r.Return
		case 5:
			r.Call -= rng.Int64N(r.Call - earliest + 1)
		case 6:
			r.Return += rng.Int64N(min(latest-r.Return, 20) + 1)
		}
	}
}

// of are the records that are checked.
func (h ofOneKey) of() (records []Record) {
	for _, i := range h.its {
		records = append(records, h.records[i])
	}
	return records
}

// explainedUpTo is whether there is an order for what had returned when a record did,
// with it or without; what was under way may have taken effect or not.
func (h ofOneKey) explainedUpTo(bad Record, with bool) bool {
	var done, open []Record
	for _, r := range h.of() {
		switch at := cmp.Or(cmp.Compare(r.Return, bad.Return), cmp.Compare(r.Worker, bad.Worker)); {
		case at < 0 || at == 0 && with:
			done = append(done, r)
		case r.Call <= bad.Return:
			r.Return = 1 << 40
			open = append(open, r)
		}
	}
	for some := range 1 << len(open) {
		its := slices.Clone(done)
		for i, r := range open {
			if some>>i&1 == 1 {
				its = append(its, r)
			}
		}
		if wrong, _ := confirm(its, h.before); !wrong {
			return true
		}
	}
	return false
}

// The checker and porcupine agree, and the record that it names is the first one in
// time that can't be explained.
func TestCheckAgreesWithPorcupine(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var c checker
	count := map[verdict]int{}
	for i := range 6000 {
		h := randomHistory(rng)
		if i%4 > 0 {
			h.mutate(rng)
		}
		v, bad := c.check(h.records, h.its, h.before)
		count[v]++
		wrong, sure := confirm(h.of(), h.before)
		if !assert.True(t, sure) || !assert.Equal(t, wrong, v == impossible, "history %d: %+v", i, h) {
			return
		}
		if i%4 == 0 && !assert.Equal(t, possible, v, "history %d has an order: %+v", i, h) {
			return
		}
		if v == possible {
			assert.Equal(t, -1, bad)
			continue
		}
		if !assert.Contains(t, h.its, int32(bad)) {
			return
		}
		ok := assert.True(t, h.explainedUpTo(h.records[bad], false), "history %d fails before record %d: %+v", i, bad, h) &&
			assert.False(t, h.explainedUpTo(h.records[bad], true), "history %d does not fail at record %d: %+v", i, bad, h)
		if !ok {
			return
		}
	}
	assert.GreaterOrEqual(t, count[possible], 1500)
	assert.GreaterOrEqual(t, count[impossible], 1000)
	assert.Zero(t, count[unknown])
}

// crowd is one operation of each of n workers, all at the same time or one after the
// other.
func crowd(n int, together bool) (records []Record, its []int32) {
	for w := range n {
		r := Record{Op: Op{Kind: Store, Val: w}, Result: Result{Val: Absent}, Worker: w, Call: int64(2 * w), Return: int64(2*w + 1)}
		if together {
			r.Call, r.Return = 0, int64(n+w)
		}
		records, its = append(records, r), append(its, int32(w))
	}
	return records, its
}

func TestCheckOfManyWorkers(t *testing.T) {
	var c checker
	records, its := crowd(64, false)
	v, _ := c.check(records, its, Absent)
	assert.Equal(t, possible, v)
	records, its = crowd(65, false)
	v, bad := c.check(records, its, Absent)
	assert.Equal(t, unknown, v)
	assert.Equal(t, -1, bad)
}

// With many operations at the same time there are too many states: the checker gives
// up, and keeps no more of them than there can be next to those it looks at.
func TestCheckGivesUp(t *testing.T) {
	var c checker
	for _, n := range []int{16, 64} {
		records, its := crowd(n, true)
		v, _ := c.check(records, its, Absent)
		assert.Equal(t, unknown, v, "%d workers", n)
		assert.LessOrEqual(t, len(c.work), mostConfigs*64)
	}
	records, its := crowd(8, true)
	v, _ := c.check(records, its, Absent)
	assert.Equal(t, possible, v, "few enough")

	// What has given up can be used again.
	records, its = crowd(3, false)
	v, _ = c.check(records, its, Absent)
	assert.Equal(t, possible, v)
	records[1].Result = Result{Val: Foreign}
	v, bad := c.check(records, its, Absent)
	assert.Equal(t, impossible, v)
	assert.Equal(t, 1, bad)
}
