package mapdrive

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// There is a picture of what has no order, and only of that.
func TestPicture(t *testing.T) {
	assert.Nil(t, (&Failure{What: "nothing to draw"}).Picture(numbers{}))

	d := driver(func() Target { return &faulty{locked: newFresh(), do: loadsNothing} })
	s := Scenario{Workers: [][]Op{{{Kind: Store, Key: 1}}, {{Kind: Load, Key: 1}}}}
	f := d.Play(s, d.New(), 1)
	if !assert.NotNil(t, f) {
		return
	}
	html := string(f.Picture(numbers{}))
	assert.Contains(t, html, "Store(k1, v0)")
	assert.Contains(t, html, "Load(k1) → absent, false")
	f.Outcome.Final[0].Result = Result{0, true}
	f.Outcome.Records[1].Result = Result{0, true}
	f.Outcome.Records[1].Return = f.Outcome.Final[0].Return
	assert.Nil(t, f.Picture(numbers{}), "there is an order")
}

// Where a worker is alone there are no times, except of what concerns all keys: the
// order is that in which all was done.
func TestPictureOfOneWorker(t *testing.T) {
	d := driver(func() Target {
		return &faulty{locked: newFresh(), do: func(l *locked, op Op) Result {
			if op.Kind == Load && op.Key == 1 {
				return Result{Absent, false}
			}
			return l.Do(op)
		}}
	})
	s := Scenario{Workers: [][]Op{{{Kind: Store, Key: 0}, {Kind: Clear}, {Kind: Load, Key: 0}, {Kind: Store, Key: 1}, {Kind: Load, Key: 1}}}}
	f := d.Play(s, d.New(), 1)
	if !assert.NotNil(t, f) {
		return
	}
	for key, wrong := range []bool{false, true} {
		impossible, sure := confirm(f.Outcome.timed(key), newFacts(s).before[key])
		assert.True(t, sure)
		assert.Equal(t, wrong, impossible, "key %d", key)
	}
}
