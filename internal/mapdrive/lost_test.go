package mapdrive

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/long"
	"github.com/stretchr/testify/assert"
)

// A losing map has a number for each key, 0 for none. Its Swap is a load and then a
// store: what others do between is lost. That is an instant, but where wide is true.
type losing struct{ at [64]atomic.Int64 }

func newLosing() Target { return new(losing) }

var wide atomic.Bool

// widening has losing maps lose more after two seconds: where processors are shared
// with others, or there is one, nothing meets within an instant.
func widening() (stop func()) {
	timer := time.AfterFunc(2*time.Second, func() { wide.Store(true) })
	return func() {
		timer.Stop()
		wide.Store(false)
	}
}

func (m *losing) Has(k Kind) bool { return k <= LastOfKey }

func (m *losing) Do(op Op) Result {
	v := &m.at[op.Key]
	val, old := int64(op.Val+1), int64(op.Old+1)
	found := func(was int64) Result { return Result{int(was - 1), was != 0} }
	switch op.Kind {
	case Load:
		return found(v.Load())
	case Store:
		v.Store(val)
	case Delete:
		v.Store(0)
	case LoadOrStore:
		for {
			if was := v.Load(); was != 0 {
				return found(was)
			}
			if v.CompareAndSwap(0, val) {
				return Result{op.Val, false}
			}
		}
	case LoadAndDelete:
		return found(v.Swap(0))
	case Swap:
		yields := wide.Load()
		was := v.Load()
		if yields {
			runtime.Gosched()
		}
		v.Store(val)
		return found(was)
	case CompareAndSwap:
		return Result{Absent, v.CompareAndSwap(old, val)}
	case CompareAndDelete:
		return Result{Absent, v.CompareAndSwap(old, 0)}
	}
	return Result{Absent, false}
}

func (m *losing) Range(f func(key, val int) bool) {
	for k := range m.at {
		if v := m.at[k].Load(); v != 0 && !f(k, int(v-1)) {
			return
		}
	}
}

func (m *losing) Len() int { return 0 }

// found is what a mode finds within so long, as it is found: not made smaller, as that
// takes longer than to find it.
func found(d *Driver, name string, within time.Duration) *Failure {
	d.procs.Take()
	defer d.procs.Restore()
	d.rng = rand.New(rand.NewPCG(d.Seed, 0))
	d.until = time.Now().Add(within)
	at := slices.Index(Modes(), name)
	target := d.New()
	for i := 0; !d.over(); i++ {
		p := modes[at].next(d, d.kinds(target), i)
		d.perturb()
		if f := d.playOut(p.Scenario, target, p.rounds); f != nil {
			return f
		}
	}
	return nil
}

// enough is what no search below takes, though processors are shared with others.
const enough = 30 * time.Second

// A lost update that takes two operations to meet within an instruction is found with
// any seed.
func TestDuelFindsLostUpdate(t *testing.T) {
	seeds := uint64(5)
	if long.Run() && !raceEnabled {
		seeds = 20
	}
	defer widening()()
	for seed := range seeds {
		d := driver(newLosing)
		d.Seed = seed
		f := found(d, "duel", enough)
		if assert.NotNil(t, f, "seed %d", seed) {
			assert.True(t, f.Outcome.wrong(*f.Scenario), "seed %d: %s\n%s", seed, f.What, f.Outcome.Columns(*f.Scenario, d.Namer))
		}
	}
}

// wrong is whether a round with a lost update can be recognised as one by porcupine.
func (o Outcome) wrong(s Scenario) bool { return !o.Explained(s) && !o.explainedByPorcupine(s) }

// The whole run: it is told in words, and little is left of it, though history finds it
// among hundreds of operations.
func TestRunFindsLostUpdate(t *testing.T) {
	defer widening()()
	for mode, most := range map[string]int{"duel": 5, "history": 13} {
		d := driver(newLosing)
		f := d.Run(enough, only(mode))
		if !assert.NotNil(t, f, mode) {
			continue
		}
		assert.Equal(t, mode, f.Mode)
		assert.LessOrEqual(t, sum(*f.Scenario), most, "%s: %+v", mode, f.Scenario)
		assert.Len(t, f.Scenario.Workers, 2, mode)
		swaps := 0
		f.Scenario.each(func(_ int, op Op) {
			if op.Kind == Swap {
				swaps++
			}
		})
		assert.NotZero(t, swaps, "%s: %+v", mode, f.Scenario)
		assert.True(t, f.Failed > 0 && f.Rounds >= f.Failed, "%s: %d of %d rounds", mode, f.Failed, f.Rounds)
		assert.Contains(t, string(f.Picture(d.Namer)), "<html", mode)
		d.meetings = meetings{} // beside other work few operations overlap, which is worth a note
		assert.Empty(t, d.Notes(), mode)
	}
}
