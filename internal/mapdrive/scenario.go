package mapdrive

import "slices"

// A Scenario is what workers do at the same time to a map that was set up.
type Scenario struct {
	// Setup is done first, by one.
	Setup []Op
	// Workers are what each of them does, in order.
	Workers [][]Op
	// Fresh says that each round has a map of its own.
	Fresh bool
}

// ops is how many operations there are.
func (s Scenario) ops() (n int) {
	for _, w := range s.Workers {
		n += len(w)
	}
	return n
}

// each calls f with all operations, those of the setup for worker -1.
func (s Scenario) each(f func(worker int, op Op)) {
	for _, op := range s.Setup {
		f(-1, op)
	}
	for w, ops := range s.Workers {
		for _, op := range ops {
			f(w, op)
		}
	}
}

// Keys are those that the scenario uses, in order.
func (s Scenario) Keys() (keys []int) {
	seen := make(map[int]bool)
	s.each(func(_ int, op Op) {
		if op.ofKey() && !seen[op.Key] {
			seen[op.Key] = true
			keys = append(keys, op.Key)
		}
	})
	slices.Sort(keys)
	return keys
}

// Plain is whether it consists of operations on keys alone.
func (s Scenario) Plain() bool {
	plain := true
	s.each(func(_ int, op Op) { plain = plain && op.Kind <= LastOfKey })
	return plain
}

// Before is the value of a key when the workers begin.
func (s Scenario) Before(key int) int {
	state := Absent
	for _, op := range s.Setup {
		if op.Key == key && op.Kind <= LastOfKey || op.Kind == Clear {
			state, _ = Step(state, op)
		}
	}
	return state
}

// with is the scenario with other operations of one worker.
func (s Scenario) with(worker int, ops []Op) Scenario {
	s.Workers = slices.Clone(s.Workers)
	s.Workers[worker] = ops
	return s
}

// mapped is the scenario with each operation replaced, or left out.
func (s Scenario) mapped(f func(Op) (Op, bool)) Scenario {
	each := func(ops []Op) (out []Op) {
		for _, op := range ops {
			if op, keep := f(op); keep {
				out = append(out, op)
			}
		}
		return out
	}
	m := Scenario{Setup: each(s.Setup), Fresh: s.Fresh}
	for _, ops := range s.Workers {
		if ops = each(ops); len(ops) > 0 {
			m.Workers = append(m.Workers, ops)
		}
	}
	return m
}

// A Record is one operation that was done: by whom, when, and what it returned.
// Times are of one clock; an operation can have taken effect at any time from its
// call to its return.
type Record struct {
	Op     Op
	Result Result
	Worker int
	Call   int64
	Return int64
	// Open says why there is no result: that it "does not return", or "panics".
	Open string
}

// An Outcome is what one round of a scenario has given.
type Outcome struct {
	Records []Record // of the workers, one after the other
	Final   []Record // one Load for each key at the end, by one
}

// copied is the outcome with memory of its own.
func (o Outcome) copied() Outcome {
	return Outcome{slices.Clone(o.Records), slices.Clone(o.Final)}
}

// of are the records that concern a key, with the last Load.
func (o Outcome) of(key int) (records []Record) {
	for _, r := range slices.Concat(o.Records, o.Final) {
		if r.Op.Kind <= LastOfKey && r.Op.Key == key || r.Op.Kind == Clear {
			records = append(records, r)
		}
	}
	return records
}
