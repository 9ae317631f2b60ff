package mapdrive

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var pair = Scenario{Setup: []Op{{Kind: Store, Key: 1}}, Workers: [][]Op{{{Kind: Swap, Key: 1, Val: 1}}, {{Kind: Load, Key: 1}}}}

// bursting is a driver that knows that its maps are small.
func bursting(newTarget func() Target) *Driver {
	d := driver(newTarget)
	d.size = 1
	d.rng = rand.New(rand.NewPCG(1, 1))
	d.until = time.Now().Add(time.Hour)
	return d
}

func TestCopies(t *testing.T) {
	single, long := pair, pair
	single.Workers = pair.Workers[:1]
	long.Setup = make([]Op, smallOps+1)
	for _, c := range []struct {
		why  string
		s    Scenario
		size int64
		each time.Duration
		n    int
	}{
		{"small", pair, 1, 0, mostCopies},
		{"one worker needs no start", single, 1, 0, 1},
		{"a long setup", long, 1, 0, 1},
		{"large maps", pair, copiesBytes / 4, 0, 4},
		{"larger ones", pair, copiesBytes + 1, 0, 1},
		{"the size is not known", pair, 0, 0, 1},
		{"slow maps", pair, 1, time.Second, 1},
	} {
		d := bursting(newLocked)
		d.size, d.each = c.size, c.each
		assert.Equal(t, c.n, d.copiesOf(c.s), c.why)
	}
	large := driver(func() Target { return &sized{Target: newLocked(), bytes: make([]byte, copiesBytes)} })
	assert.GreaterOrEqual(t, large.sizeOf(), int64(copiesBytes))
	assert.Positive(t, driver(newLocked).sizeOf())
}

type sized struct {
	Target
	bytes []byte
}

// A failure has the operations of the map that has failed, and only these.
func TestCopyThatFails(t *testing.T) {
	made := 0
	d := bursting(func() Target {
		made++
		bad := made == 5
		return &faulty{locked: newFresh(), do: func(l *locked, op Op) Result {
			r := l.Do(op)
			if bad && op.Kind == Swap {
				r.Val = 7
			}
			return r
		}}
	})
	f := d.playOut(pair, d.New(), 1<<20)
	require.NotNil(t, f)
	assert.Equal(t, mostCopies, made)
	assert.Equal(t, mostCopies, f.Rounds)
	assert.Len(t, f.Outcome.Records, 2)
	assert.Contains(t, f.What, "Swap(k1, v1) returned v7, true")
}

// Scenarios share the maps, which are empty between them. What is left over after a failure is not used again.
func TestCopiesAreShared(t *testing.T) {
	made := 0
	d := bursting(func() Target { made++; return newLocked() })
	target := d.New()
	for range 3 {
		assert.Nil(t, d.playOut(pair, target, 2*mostCopies))
	}
	assert.Equal(t, mostCopies, made)
	for _, m := range append(*d.spare.Load(), target) {
		assert.Zero(t, m.Len())
	}
	assert.Nil(t, d.playFor(pair, time.Millisecond))
	assert.Equal(t, 2*mostCopies, made)
}

// No worker begins with a map before all have done with the one before.
func TestWorkersMeet(t *testing.T) {
	var done [mostCopies]atomic.Int64 // operations of the workers, by map
	made, early := 0, atomic.Int64{}
	d := bursting(func() Target {
		i := made
		made++
		return &faulty{locked: newFresh(), do: func(l *locked, op Op) Result {
			if op.Kind != Swap && op.Kind != CompareAndSwap {
				return l.Do(op)
			}
			if i > 0 && done[i-1].Load() < done[i].Load()/2*2+2 {
				early.Add(1)
			}
			defer done[i].Add(1)
			return l.Do(op)
		}}
	})
	s := Scenario{Workers: [][]Op{{{Kind: Swap, Key: 1, Val: 1}}, {{Kind: CompareAndSwap, Key: 1, Val: 1}}}}
	assert.Nil(t, d.playOut(s, d.New(), 100*mostCopies))
	assert.Zero(t, early.Load())
	assert.EqualValues(t, 200, done[mostCopies-1].Load())
}

// A note says that operations hardly overlapped, so that a passing test does not hide it.
func TestMeetings(t *testing.T) {
	one := func(call, ret int64) worker { return worker{n: 1, records: []Record{{Call: call, Return: ret}}} }
	d := bursting(newLocked)
	for i := range int64(fewRounds) {
		assert.Empty(t, d.Notes())
		at := 100 * i
		late := at + 30
		if i%(rare+1) == 0 {
			late = at + 10
		}
		d.meetings.count([]worker{one(at+1, at+20), one(late, late+5)})
	}
	assert.Equal(t, []string{"operations overlapped in 48 of 1000 rounds only, as processors are few or busy: faults with a narrow window are found by Explore, which does not depend on that"}, d.Notes())
	for range 10 {
		d.meetings.count([]worker{one(1, 3), one(2, 4)})
	}
	assert.Empty(t, d.Notes())
	before := d.meetings
	d.meetings.count([]worker{one(1, 3), {}})        // a slow map
	d.meetings.count([]worker{one(0, 0), one(0, 0)}) // no times
	assert.Equal(t, before, d.meetings)
}

// The goroutines of the workers stay from one scenario to the next, and end with the mode.
func TestCrewStays(t *testing.T) {
	d := bursting(newLocked)
	d.more = true
	target := d.New()
	assert.Nil(t, d.playOut(pair, target, 1))
	crew := d.crew
	assert.Nil(t, d.playOut(pair, target, 1))
	assert.Same(t, crew, d.crew)
	three := pair
	three.Workers = append(slices.Clone(pair.Workers), []Op{{Kind: Store, Key: 2}})
	for range 50 { // a goroutine without work may be late
		assert.Nil(t, d.playOut(three, target, 1))
		assert.Nil(t, d.playOut(pair, target, 3))
	}
	assert.Equal(t, 3, d.crew.size)
	d.more = false
	assert.Nil(t, d.playOut(pair, target, 1))
	assert.Nil(t, d.crew)
	assert.Nil(t, d.Run(time.Millisecond, only("duel")))
	assert.Nil(t, d.crew)
}

// An operation that does not return, or ends its goroutine, is that of its map.
func TestStuckInABurst(t *testing.T) {
	m := newBlocking(func(op Op) bool { return op.Kind == Load && op.Val == 9 })
	s := Scenario{Workers: [][]Op{{{Kind: Store, Key: 1, Val: 1}}, {{Kind: Load, Key: 1, Val: 9}}}}
	made := 0
	d := bursting(func() Target {
		if made++; made == 3 {
			return m
		}
		return newLocked()
	})
	ended := make(chan *Failure)
	go func() { ended <- d.playOut(s, d.New(), 1) }()
	for m.inside.Load() == 0 {
		runtime.Gosched()
	}
	f := waited(d)
	close(m.release)
	assert.Nil(t, <-ended)
	assert.Equal(t, "Load(k1) does not return", f.What)
	assert.Equal(t, "    worker 1         worker 2\n    Store(k1, v1)    Load(k1) does not return\n", f.Outcome.Columns(s, numbers{}))

	made = 0
	d = bursting(func() Target {
		made++
		leaves := made == 3
		return &faulty{locked: newFresh(), do: func(l *locked, op Op) Result {
			if leaves && op.Val == 9 {
				runtime.Goexit()
			}
			return l.Do(op)
		}}
	})
	f = d.playOut(s, d.New(), 1)
	require.NotNil(t, f)
	assert.Contains(t, f.What, "it ends its goroutine")
}
