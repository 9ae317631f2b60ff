package mapdrive

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// stableKeys are never touched while Range runs.
const stableKeys = 100

// ranging holds that Range shows what does not change exactly once, whatever else
// does, and stops when it is told to.
func (d *Driver) ranging() *Failure {
	for !d.over() {
		if f := d.rangeOnce(); f != nil {
			return f
		}
	}
	return nil
}

func (d *Driver) rangeOnce() *Failure {
	target := d.fresh()
	stable := min(stableKeys, d.Keys/2)
	for k := range stable {
		target.Do(Op{Kind: Store, Key: k, Val: k % d.Vals})
	}
	var stop atomic.Bool
	var churn sync.WaitGroup
	var panicked atomic.Pointer[string]
	for i := range max(1, d.Workers-1) {
		rng := rand.New(rand.NewPCG(d.Seed, uint64(i)))
		churn.Go(func() {
			defer func() {
				if r := recover(); r != nil {
					s := fmt.Sprintf("a write during Range panics: %v", r)
					panicked.Store(&s)
				}
			}()
			keys := d.Keys - stable
			for !stop.Load() && keys > 0 {
				first := rng.IntN(keys)
				n := min(keys-first, 1+rng.IntN(512))
				for k := range n {
					target.Do(Op{Kind: Store, Key: stable + first + k, Val: rng.IntN(d.Vals)})
				}
				for k := range n {
					target.Do(Op{Kind: Delete, Key: stable + first + k})
				}
			}
		})
	}
	wrong := ""
	for i := 0; i < 200 && wrong == "" && !d.over(); i++ {
		d.main.n.Add(1)
		wrong = d.rangeWrong(target, stable)
		if wrong == "" {
			wrong = d.stopsEarly(target)
		}
		if wrong == "" && d.RangeWrites {
			d.writesInside(target, stable)
		}
	}
	stop.Store(true)
	churn.Wait()
	if p := panicked.Load(); p != nil && wrong == "" {
		wrong = *p
	}
	if wrong == "" {
		return nil
	}
	return &Failure{What: wrong, Rounds: 1, Failed: 1}
}

func (d *Driver) rangeWrong(target Target, stable int) (wrong string) {
	seen := make(map[int]int)
	target.Range(func(key, val int) bool {
		seen[key]++
		switch {
		case wrong != "":
		case key == Foreign || val == Foreign:
			wrong = "Range shows what nobody has stored"
		case seen[key] > 1 && (key < stable || !d.WeakRange):
			wrong = fmt.Sprintf("Range shows %s %d times", d.Namer.Key(key), seen[key])
		case key < stable && val != key%d.Vals:
			wrong = fmt.Sprintf("Range shows %s with %s: %s was stored, and nothing has changed it", d.Namer.Key(key), d.Namer.Val(val), d.Namer.Val(key%d.Vals))
		}
		d.yield(d.rng)
		return true
	})
	for k := range stable {
		if wrong == "" && seen[k] == 0 {
			wrong = fmt.Sprintf("Range does not show %s, which was there all the time", d.Namer.Key(k))
		}
	}
	return wrong
}

func (d *Driver) stopsEarly(target Target) (wrong string) {
	calls, stopAt := 0, 1+d.rng.IntN(3)
	target.Range(func(int, int) bool {
		calls++
		return calls < stopAt
	})
	if calls > stopAt {
		return fmt.Sprintf("Range went on after its callback had returned false: %d calls in place of %d", calls, stopAt)
	}
	return ""
}

// writesInside writes from within Range: if it blocks, who watches the driver tells.
func (d *Driver) writesInside(target Target, stable int) {
	written := 0
	target.Range(func(key, _ int) bool {
		if key >= stable {
			target.Do(Op{Kind: Delete, Key: key})
		}
		if free := d.Keys - stable; free > 0 {
			target.Do(Op{Kind: Store, Key: stable + d.rng.IntN(free), Val: d.rng.IntN(d.Vals)})
		}
		written++
		return written < 50 // what is stored may be shown, and so on for ever
	})
}
