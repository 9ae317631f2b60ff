package mapdrive

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// panicsOnce panics in the first Swap that it sees, within a call of its own.
func panicsOnce() func() Target {
	swaps := 0
	return func() Target {
		return &faulty{locked: newFresh(), do: func(l *locked, op Op) Result {
			if op.Kind == Swap {
				swaps++
				if swaps == 1 {
					_ = strings.Repeat("x", -1)
				}
			}
			return l.Do(op)
		}}
	}
}

// A panic is told with the operation and the calls within the map.
func TestPanic(t *testing.T) {
	d := driver(panicsOnce())
	s := Scenario{Workers: [][]Op{{{Kind: Store, Key: 1}, {Kind: Swap, Key: 1}, {Kind: Load, Key: 1}}}}
	f := d.Play(s, d.New(), 10)
	if !assert.NotNil(t, f) {
		return
	}
	assert.Equal(t, "Swap(k1, v0) panics: strings: negative Repeat count", f.What)
	assert.Equal(t, 1, f.Rounds)
	if assert.Len(t, f.Stacks, 1) {
		assert.Contains(t, f.Stacks[0], "strings.Repeat")
	}
	assert.Equal(t, "    worker 1\n    Store(k1, v0)\n    Swap(k1, v0) panics\n", f.Outcome.Columns(*f.Scenario, d.Namer))
}

// A panic is that of its round: the next one may be without.
func TestPanicOfOneRound(t *testing.T) {
	d := driver(panicsOnce())
	d.rng = rand.New(rand.NewPCG(1, 1))
	d.until = time.Now().Add(time.Hour)
	b := d.newBurst(Scenario{Workers: [][]Op{{{Kind: Swap, Key: 1}}}}, d.New())
	defer b.stop()
	_, wrong := b.play()
	assert.NotEmpty(t, wrong)
	_, wrong = b.play()
	assert.Empty(t, wrong)
}

// What is done before and after the workers can panic, too.
func TestPanicBesidesWorkers(t *testing.T) {
	s := Scenario{Setup: []Op{{Kind: Swap, Key: 1}}, Workers: [][]Op{{{Kind: Store, Key: 1}}}}
	d := driver(panicsOnce())
	if f := d.Play(s, d.New(), 1); assert.NotNil(t, f) {
		assert.Equal(t, "Swap(k1, v0) panics, when no other goroutine does anything: strings: negative Repeat count", f.What)
	}
	s.Setup = nil
	d = driver(func() Target {
		return &faulty{locked: newFresh(), do: func(l *locked, op Op) Result {
			if op.Kind == Load {
				panic("load")
			}
			return l.Do(op)
		}}
	})
	if f := d.Play(s, d.New(), 1); assert.NotNil(t, f) {
		assert.Equal(t, "Load(k1) panics, when no other goroutine does anything: load", f.What)
	}
}
