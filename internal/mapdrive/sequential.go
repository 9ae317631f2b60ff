package mapdrive

import (
	"fmt"
	"math/rand/v2"
)

// sequential compares with a built-in map, without any concurrency: many faults
// fall to that, and are told best by it.
func (d *Driver) sequential() *Failure {
	for i := 0; !d.over(); i++ {
		keys := min(d.Keys, 1<<(1+d.rng.IntN(12)))
		ops := sequence(d.rng, d.fresh(), keys, d.Vals, 200+d.rng.IntN(2000))
		if _, wrong := d.follow(ops); wrong != "" {
			ops = shrink(ops, func(ops []Op) bool { _, wrong := d.follow(ops); return wrong != "" })
			at, wrong := d.follow(ops)
			f := &Failure{What: wrong, Rounds: 1, Failed: 1}
			for _, op := range ops[:at+1] {
				f.Steps = append(f.Steps, op.Spell(d.Namer))
			}
			return f
		}
		if i >= 200 {
			break
		}
	}
	return nil
}

func sequence(rng *rand.Rand, t Target, keys, vals, n int) (ops []Op) {
	var all []Kind
	for k := Load; k < kinds; k++ {
		if t.Has(k) {
			all = append(all, k)
		}
	}
	growing := true
	for range n {
		if rng.IntN(500) == 0 {
			growing = !growing
		}
		op := Op{Kind: all[rng.IntN(len(all))], Key: rng.IntN(keys), Val: rng.IntN(vals), Old: rng.IntN(vals)}
		switch {
		case op.Kind == Clear && rng.IntN(20) != 0, op.Kind <= LastOfKey && rng.IntN(2) == 0:
			// Filling and emptying by turns: only so a map grows and shrinks.
			op.Kind = Store
			if !growing {
				op.Kind = Delete
			}
		}
		ops = append(ops, op)
	}
	return ops
}

// follow does operations on a new map and says which of them was wrong.
func (d *Driver) follow(ops []Op) (at int, wrong string) {
	d.main.n.Add(1)
	t := d.fresh()
	defer func() {
		if r := recover(); r != nil {
			wrong = fmt.Sprintf("%s panics: %v", ops[at].Spell(d.Namer), r)
		}
	}()
	model := make(map[int]int)
	of := func(key int) int {
		if v, ok := model[key]; ok {
			return v
		}
		return Absent
	}
	for i, op := range ops {
		at = i
		switch op.Kind {
		case Clear:
			t.Do(op)
			clear(model)
		case Len:
			if got := t.Len(); got != len(model) {
				return i, fmt.Sprintf("Len() returned %d: there are %d entries", got, len(model))
			}
		default:
			state, want := step(of(op.Key), op)
			if got := t.Do(op); got != want {
				return i, fmt.Sprintf("%s returned %s: it must be %s", op.Spell(d.Namer), got.Spell(op, d.Namer), want.Spell(op, d.Namer))
			}
			if state == Absent {
				delete(model, op.Key)
			} else {
				model[op.Key] = state
			}
		}
	}
	seen := make(map[int]bool)
	t.Range(func(key, val int) bool {
		switch {
		case wrong != "":
		case seen[key]:
			wrong = fmt.Sprintf("Range shows %s twice, while nothing changes", d.Namer.Key(key))
		case of(key) != val:
			wrong = fmt.Sprintf("Range shows %s with %s: it must be %s", d.Namer.Key(key), d.Namer.Val(val), spellState(of(key), d.Namer))
		}
		seen[key] = true
		return true
	})
	if wrong == "" && len(seen) != len(model) {
		wrong = fmt.Sprintf("Range shows %d entries: there are %d", len(seen), len(model))
	}
	return at, wrong
}

func spellState(state int, n Namer) string {
	if state == Absent {
		return "absent"
	}
	return n.Val(state)
}
