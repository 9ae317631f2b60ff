package mapdrive

import (
	"math/rand/v2"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// There are from one processor to twice as many and one, and mostly as many as before.
func TestPerturb(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	d := driver(newLocked)
	d.rng = rand.New(rand.NewPCG(9, 10))
	d.perturb()
	assert.Equal(t, before, runtime.GOMAXPROCS(0), "it has not taken them")
	d.procs.Take()
	defer d.procs.Restore()
	seen := make(map[int]int)
	for range 3000 {
		d.perturb()
		seen[runtime.GOMAXPROCS(0)]++
	}
	for n, times := range seen {
		assert.True(t, n >= 1 && n <= 2*before+1, "%d processors", n)
		assert.LessOrEqual(t, times, seen[before], "%d processors", n)
	}
	assert.Greater(t, len(seen), 1)
}

// A run puts back what it has changed, where it finds nothing, where it finds
// something, and where it does not come to an end: whoever watches does not wait.
func TestRunPutsProcessorsBack(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	var d *Driver
	for _, do := range []func(*locked, Op) Result{nil, loadsNothing} {
		d = driver(func() Target {
			d.procs.Set(exactly(before + 2)) // as perturb does
			return &faulty{locked: newFresh(), do: do}
		})
		f := d.Run(10*time.Millisecond, only("sequential"))
		assert.Equal(t, do != nil, f != nil)
		assert.Equal(t, before, runtime.GOMAXPROCS(0))
	}

	release := make(chan struct{})
	var kept atomic.Int64
	d = driver(func() Target {
		return &faulty{locked: newFresh(), do: func(l *locked, op Op) Result {
			if op.Kind == Swap {
				kept.Add(1)
				<-release
			}
			return l.Do(op)
		}}
	})
	ended := make(chan *Failure)
	go func() { ended <- d.Run(50*time.Millisecond, only("history")) }()
	for kept.Load() == 0 {
		runtime.Gosched()
	}
	d.procs.Set(exactly(before + 2))
	d.procs.Restore()
	assert.Equal(t, before, runtime.GOMAXPROCS(0))
	close(release)
	assert.Nil(t, <-ended)
	assert.Equal(t, before, runtime.GOMAXPROCS(0))
}

func exactly(n int) func(int) int { return func(int) int { return n } }
