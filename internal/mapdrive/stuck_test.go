package mapdrive

import (
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// A blocking map keeps some operations until it is released.
type blocking struct {
	*locked
	blocks  func(Op) bool
	inside  atomic.Int64 // that are kept
	release chan struct{}
}

func newBlocking(blocks func(Op) bool) *blocking {
	return &blocking{locked: newFresh(), blocks: blocks, release: make(chan struct{})}
}

func (m *blocking) Do(op Op) Result {
	if m.blocks(op) {
		m.inside.Add(1)
		<-m.release
	}
	return m.locked.Do(op)
}

// stuckWhen plays a scenario until so many operations are kept, and says what is stuck
// then; the map is released, and must be right.
func stuckWhen(t *testing.T, s Scenario, kept int64, blocks func(Op) bool) *Failure {
	m := newBlocking(blocks)
	d := driver(func() Target { return m })
	d.Enter("history")
	ended := make(chan *Failure)
	go func() { ended <- d.Play(s, m, 1) }()
	for m.inside.Load() < kept {
		runtime.Gosched()
	}
	f := waited(d)
	close(m.release)
	assert.Nil(t, <-ended)
	return f
}

// waited is what is stuck when nothing has moved for a while.
func waited(d *Driver) *Failure {
	for beats := int64(-1); beats != d.Beats(); time.Sleep(20 * time.Millisecond) {
		beats = d.Beats()
	}
	return d.Stuck()
}

func TestStuck(t *testing.T) {
	store := func(k, v int) Op { return Op{Kind: Store, Key: k, Val: v} }
	load := func(k int) Op { return Op{Kind: Load, Key: k} }
	deletesOf := func(keys ...int) func(Op) bool {
		return func(op Op) bool {
			for _, k := range keys {
				if op.Kind == LoadAndDelete && op.Key == k {
					return true
				}
			}
			return false
		}
	}
	take := func(k int) Op { return Op{Kind: LoadAndDelete, Key: k} }
	for _, c := range []struct {
		why     string
		workers [][]Op
		kept    int64
		blocks  func(Op) bool
		says    string
		columns string
	}{
		{"the first worker", [][]Op{{store(1, 1), load(1), take(1), load(1)}, {store(2, 2)}}, 1, deletesOf(1),
			"LoadAndDelete(k1) does not return", `    worker 1                             worker 2
    Store(k1, v1)                        Store(k2, v2)
    Load(k1) → v1, true
    LoadAndDelete(k1) does not return
`},
		{"another worker", [][]Op{{store(1, 1), load(1)}, {store(2, 2), take(2), load(2)}}, 1, deletesOf(2),
			"LoadAndDelete(k2) does not return", `    worker 1               worker 2
    Store(k1, v1)          Store(k2, v2)
    Load(k1) → v1, true    LoadAndDelete(k2) does not return
`},
		{"the only one", [][]Op{{take(1)}}, 1, deletesOf(1),
			"LoadAndDelete(k1) does not return", `    worker 1
    LoadAndDelete(k1) does not return
`},
		{"two at once", [][]Op{{take(1), load(1)}, {store(2, 2), take(2)}}, 2, deletesOf(1, 2),
			"LoadAndDelete(k1) and LoadAndDelete(k2) do not return", `    worker 1                             worker 2
    LoadAndDelete(k1) does not return    Store(k2, v2)
                                         LoadAndDelete(k2) does not return
`},
		{"three at once", [][]Op{{take(1)}, {take(2)}, {take(3)}}, 3, deletesOf(1, 2, 3),
			"LoadAndDelete(k1), LoadAndDelete(k2) and LoadAndDelete(k3) do not return", `    worker 1                             worker 2                             worker 3
    LoadAndDelete(k1) does not return    LoadAndDelete(k2) does not return    LoadAndDelete(k3) does not return
`},
	} {
		t.Run(c.why, func(t *testing.T) {
			f := stuckWhen(t, Scenario{Workers: c.workers}, c.kept, c.blocks)
			assert.Equal(t, c.says, f.What)
			assert.Equal(t, "history", f.Mode)
			assert.Equal(t, c.columns, f.Outcome.Columns(*f.Scenario, numbers{}))
			assert.Zero(t, f.Failed)
		})
	}
}

// What blocks before the workers begin, or when they have ended, is not theirs.
func TestStuckBesidesWorkers(t *testing.T) {
	s := Scenario{Setup: []Op{{Kind: Swap, Key: 1}}, Workers: [][]Op{{{Kind: Store, Key: 1}}, {{Kind: Store, Key: 1}}}}
	f := stuckWhen(t, s, 1, func(op Op) bool { return op.Kind == Swap })
	assert.Contains(t, f.What, "does not return")
	assert.NotContains(t, f.What, "Store")
	s.Setup = nil
	f = stuckWhen(t, s, 1, func(op Op) bool { return op.Kind == Load })
	assert.Contains(t, f.What, "does not return")
	assert.NotContains(t, f.What, "Store")
}

// A worker that has ended for lack of time is not stuck, and has done no more than it
// has.
func TestStuckWhenTimeIsOver(t *testing.T) {
	m := newBlocking(func(op Op) bool { return op.Kind == Swap })
	d := driver(func() Target { return m })
	d.rng = rand.New(rand.NewPCG(1, 1))
	var ops []Op
	for i := range 100 {
		ops = append(ops, Op{Kind: Store, Key: 1, Val: i % 2})
	}
	s := Scenario{Workers: [][]Op{ops, {{Kind: Swap, Key: 2}}, ops}} // d.until has not begun
	ended := make(chan *Failure)
	go func() { ended <- d.playOut(s, m, 1) }()
	for m.inside.Load() == 0 {
		runtime.Gosched()
	}
	f := waited(d)
	assert.Equal(t, "Swap(k2, v0) does not return", f.What)
	done := make([]int, 3)
	for _, r := range f.Outcome.Records {
		done[r.Worker]++
	}
	assert.Equal(t, []int{63, 1, 63}, done)
	close(m.release)
	assert.Nil(t, <-ended)
}

// A failure that is being made smaller is what there is to say.
func TestStuckWhileMadeSmaller(t *testing.T) {
	release := make(chan struct{})
	var kept atomic.Int64
	var d *Driver
	d = driver(func() Target {
		return &faulty{locked: newFresh(), do: func(l *locked, op Op) Result {
			if d.found.Load() != nil {
				kept.Add(1)
				<-release
			}
			return loadsNothing(l, op)
		}}
	})
	ended := make(chan *Failure)
	go func() { ended <- d.Run(time.Second, only("sequential")) }()
	for kept.Load() == 0 {
		runtime.Gosched()
	}
	f := waited(d)
	assert.Contains(t, f.What, "returned absent")
	assert.Equal(t, "sequential", f.Mode)
	assert.Equal(t, 1, f.Failed)
	close(release)
	assert.NotNil(t, <-ended)
}

// Busy and Beats are what a watch goes by.
func TestBusy(t *testing.T) {
	d := driver(newLocked)
	assert.True(t, d.Idle())
	beats := d.Beats()
	done := d.Busy()
	assert.False(t, d.Idle())
	assert.NotEqual(t, beats, d.Beats(), "it has begun")
	done()
	assert.True(t, d.Idle())

	beats = d.Beats()
	assert.Nil(t, d.Run(10*time.Millisecond, only("duel")))
	assert.True(t, d.Idle())
	assert.NotEqual(t, beats, d.Beats(), "rounds were played")
	assert.Equal(t, "duel", d.Finish(new(Failure)).Mode)
}
