package mapdrive

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// What a round leaves behind is not blamed on the next one.
func TestLeftFromLastRound(t *testing.T) {
	d := driver(func() Target {
		return &faulty{locked: newFresh(), do: func(l *locked, op Op) Result {
			if op.Kind == Delete {
				return Result{Absent, false}
			}
			return l.Do(op)
		}}
	})
	d.rng = rand.New(rand.NewPCG(1, 1))
	d.until = time.Now().Add(time.Hour)
	target := d.New()
	s := Scenario{Workers: [][]Op{{{Kind: Store, Key: 1}}, {{Kind: Load, Key: 1}}}}
	p := d.playerOf(s, newFacts(s), target)
	for range 100 {
		assert.Empty(t, p.prepare(), "there is nothing")
	}
	target.Do(Op{Kind: Store, Key: 1, Val: 2})
	wrong := ""
	for i := 0; i < 100 && wrong == ""; i++ { // it looks now and then
		wrong = p.prepare()
	}
	assert.Equal(t, "Load(k1) returned v2, true before the workers begin: it must be absent, false", wrong)
}
