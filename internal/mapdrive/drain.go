package mapdrive

import (
	"fmt"
	"sync"
)

// drainWorkers are at least so many, also where there are fewer processors: it takes
// that some of them are kept waiting.
const drainWorkers = 4

// drain has all workers delete the same keys at the same time, again and again: a
// map that shrinks when it is emptied does so several times at once. Nothing may be
// left.
func (d *Driver) drain() *Failure {
	target := d.fresh()
	workers := max(drainWorkers, d.Workers)
	for i := 0; !d.over(); i++ {
		d.main.n.Add(1)
		if i%64 == 63 {
			target = d.fresh()
		}
		n := min(d.Keys, 16+d.rng.IntN(240))
		for k := range n {
			target.Do(Op{Kind: Store, Key: k, Val: k % d.Vals})
		}
		wrongs := make([]string, workers)
		var running sync.WaitGroup
		for w := range workers {
			running.Go(func() {
				defer func() {
					if r := recover(); r != nil {
						wrongs[w] = fmt.Sprintf("Delete panics, while others delete the same keys: %v", r)
					}
				}()
				for k := range n {
					target.Do(Op{Kind: Delete, Key: k})
				}
			})
		}
		running.Wait()
		wrong := ""
		for _, s := range wrongs {
			if wrong == "" {
				wrong = s
			}
		}
		if wrong == "" {
			target.Range(func(key, _ int) bool {
				wrong = fmt.Sprintf("Range shows %s, which all have deleted", d.Namer.Key(key))
				return false
			})
		}
		if wrong == "" && target.Has(Len) {
			if got := target.Len(); got != 0 {
				wrong = fmt.Sprintf("Len() returned %d: all have deleted all keys", got)
			}
		}
		if wrong != "" {
			return &Failure{What: wrong, Rounds: i + 1, Failed: 1, Steps: []string{
				fmt.Sprintf("%d keys are stored; then %d goroutines each delete all of them", n, workers)}}
		}
	}
	return nil
}
