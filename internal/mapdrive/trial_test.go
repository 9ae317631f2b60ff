package mapdrive

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// A deaf map does not hear one Store.
type deaf struct {
	locked
	to Op
}

func (d *deaf) Do(op Op) Result {
	if op == d.to {
		return Result{Absent, false}
	}
	return d.locked.Do(op)
}

// A trial sees what was lost, also when no two workers use the same key.
func TestTrialSeesWhatIsLost(t *testing.T) {
	lost := Op{Kind: Store, Key: 1, Val: 7}
	for name, s := range map[string]Scenario{
		"one worker":        {Workers: [][]Op{{lost}}},
		"keys of their own": {Setup: []Op{{Kind: Store, Key: 1, Val: 3}}, Workers: [][]Op{{lost}, {{Kind: Store, Key: 2, Val: 4}}}},
		"shared key":        {Workers: [][]Op{{lost}, {{Kind: Load, Key: 1}}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, hears := range []bool{true, false} {
				d := &Driver{Namer: numbers{}, Keys: 8, Vals: 10, Workers: 2}
				d.New = func() Target {
					to := lost
					if hears {
						to = Op{Kind: Pause}
					}
					return &deaf{locked{m: make(map[int]int)}, to}
				}
				trial := d.NewTrial(s, func(int) {}, func(int) {})
				for range 2 { // it is used again
					trial.Prepare()
					trial.Setup()
					for w := range s.Workers {
						trial.Work(w)
					}
					trial.After()
					for w, ops := range s.Workers {
						for i := range ops {
							trial.Times(w, i, int64(10*w+2*i+1), int64(10*w+2*i+2))
						}
					}
					if wrong := trial.Judge(); hears {
						assert.Empty(t, wrong)
					} else {
						assert.Contains(t, wrong, "Store(k1, v7) was lost")
					}
				}
			}
		})
	}
}
