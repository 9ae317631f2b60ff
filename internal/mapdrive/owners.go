package mapdrive

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
)

// ownKeys is how many keys each worker has for itself.
const ownKeys = 1024

// owners has each worker fill and empty keys that no other one touches, many enough
// that the map grows and shrinks all the time: each answer is known exactly.
func (d *Driver) owners() *Failure {
	return d.owned(func(w *owner) {
		for !w.stopped() {
			w.phase(true)
			w.phase(false)
		}
	})
}

// pulse has one worker fill and empty a band of keys, while each other one toggles
// a single key: an update that is lost while the map is made larger or smaller shows
// on that.
func (d *Driver) pulse() *Failure {
	return d.owned(func(w *owner) {
		if w.id == 0 {
			for !w.stopped() {
				// Tables change their size at powers of two: some bands end at one.
				band := w.keys
				if w.rng.IntN(2) == 0 {
					band = min(w.keys, 1<<(5+w.rng.IntN(5)))
				}
				for range 16 {
					for k := range band {
						w.do(Op{Kind: Store, Key: w.first + k, Val: w.rng.IntN(w.d.Vals)})
					}
					for k := range band {
						w.do(Op{Kind: Delete, Key: w.first + k})
					}
				}
			}
		}
		for !w.stopped() {
			key := w.first
			w.do(Op{Kind: Store, Key: key, Val: w.rng.IntN(w.d.Vals)})
			w.linger() // what has become of it, when the table was moved meanwhile?
			w.do(Op{Kind: Load, Key: key})
			w.do(Op{Kind: Delete, Key: key})
			w.linger()
			w.do(Op{Kind: Load, Key: key})
		}
	})
}

// linger lets up to some microseconds pass.
func (w *owner) linger() {
	for range w.rng.IntN(8000) {
		w.spun++
	}
}

// An owner is a worker with keys of its own.
type owner struct {
	d           *Driver
	id          int
	first, keys int
	target      Target
	kinds       []Kind
	rng         *rand.Rand
	model       map[int]int
	recent      [6]Record // what it has done last, in a ring
	wrong       string
	stop        *atomic.Bool
	n, done     int
	spun        int
	ended       bool
	beat        *beat
}

func (w *owner) stopped() bool {
	if w.n++; w.n%16 == 0 {
		w.ended = w.ended || w.stop.Load() || w.d.over()
	}
	return w.ended || w.wrong != ""
}

// do does an operation and compares with what must be.
func (w *owner) do(op Op) {
	if w.wrong != "" {
		return
	}
	state := Absent
	if v, ok := w.model[op.Key]; ok {
		state = v
	}
	next, want := step(state, op)
	got := w.target.Do(op)
	w.beat.n.Add(1)
	w.remember(op, got)
	if got != want {
		w.wrong = fmt.Sprintf("%s returned %s: it must be %s, as no other goroutine uses this key", op.Spell(w.d.Namer), got.Spell(op, w.d.Namer), want.Spell(op, w.d.Namer))
		return
	}
	if next == Absent {
		delete(w.model, op.Key)
	} else {
		w.model[op.Key] = next
	}
	w.d.yield(w.rng)
}

func (w *owner) remember(op Op, r Result) {
	w.recent[w.done%len(w.recent)] = Record{Op: op, Result: r}
	w.done++
}

// last are the last operations, spelled.
func (w *owner) last() (steps []string) {
	for i := max(0, w.done-len(w.recent)); i < w.done; i++ {
		steps = append(steps, line(w.recent[i%len(w.recent)], w.d.Namer))
	}
	return steps
}

// phase grows or shrinks what the worker has.
func (w *owner) phase(growing bool) {
	for range 2 * w.keys {
		if w.stopped() {
			return
		}
		op := Op{Kind: Store, Key: w.first + w.rng.IntN(w.keys), Val: w.rng.IntN(w.d.Vals), Old: w.rng.IntN(w.d.Vals)}
		switch {
		case w.rng.IntN(3) == 0:
			op.Kind = w.kinds[w.rng.IntN(len(w.kinds))]
		case !growing:
			op.Kind = Delete
		}
		w.do(op)
	}
}

// owned runs workers on maps of their own until the time is over.
func (d *Driver) owned(work func(*owner)) *Failure {
	target := d.fresh()
	kinds := d.kindsOfKey(target)
	keys := min(ownKeys, d.Keys/d.Workers)
	if keys == 0 {
		return nil
	}
	var stop atomic.Bool
	workers := make([]*owner, d.Workers)
	var running sync.WaitGroup
	for i := range workers {
		w := &owner{d: d, id: i, first: i * keys, keys: keys, target: target, kinds: kinds, stop: &stop,
			rng: rand.New(rand.NewPCG(d.Seed, uint64(i))), model: make(map[int]int), beat: d.newBeat()}
		workers[i] = w
		running.Go(func() {
			defer func() {
				if r := recover(); r != nil && w.wrong == "" {
					w.wrong = fmt.Sprintf("panics: %v", r)
				}
				if w.wrong != "" {
					stop.Store(true)
				}
			}()
			work(w)
		})
	}
	running.Wait()
	for _, w := range workers {
		if w.wrong != "" {
			return &Failure{What: w.wrong, Rounds: 1, Failed: 1, Steps: w.last()}
		}
	}
	return nil
}
