package mapdrive

import (
	"maps"
	"slices"
)

// A Scenario says what workers do at the same time to a map that was set up before.
type Scenario struct {
	// Setup is done first, by a single goroutine.
	Setup []Op
	// Workers holds the operations of each worker, in order.
	Workers [][]Op
	// Fresh says that each round has a map of its own.
	Fresh bool
}

func (s Scenario) ops() (n int) {
	for _, w := range s.Workers {
		n += len(w)
	}
	return n
}

// each calls f for every operation. The worker of the setup is -1.
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

// Keys returns the keys that the scenario uses, sorted.
func (s Scenario) Keys() (keys []int) {
	seen := make(map[int]bool)
	s.each(func(_ int, op Op) {
		if op.ofKey() {
			seen[op.Key] = true
		}
	})
	return slices.Sorted(maps.Keys(seen))
}

// Plain reports whether every operation acts on a single key.
func (s Scenario) Plain() bool {
	plain := true
	s.each(func(_ int, op Op) { plain = plain && op.Kind <= LastOfKey })
	return plain
}

// with returns the scenario with ops as the operations of one worker.
func (s Scenario) with(worker int, ops []Op) Scenario {
	s.Workers = slices.Clone(s.Workers)
	s.Workers[worker] = ops
	return s
}

// filter returns the scenario with the operations that keep accepts. keep may change them.
func (s Scenario) filter(keep func(*Op) bool) Scenario {
	kept := func(ops []Op) (kept []Op) {
		for _, op := range ops {
			if keep(&op) {
				kept = append(kept, op)
			}
		}
		return kept
	}
	f := Scenario{Setup: kept(s.Setup), Fresh: s.Fresh}
	for _, ops := range s.Workers {
		f.Workers = append(f.Workers, kept(ops))
	}
	f.Workers = atWork(f.Workers)
	return f
}

// atWork removes the workers that do nothing.
func atWork(workers [][]Op) [][]Op {
	return slices.DeleteFunc(workers, func(ops []Op) bool { return len(ops) == 0 })
}

// A Record is one operation that was done: by whom, when, and its result. All times are of one
// clock. The operation took effect at some time between its call and its return.
type Record struct {
	Op     Op
	Result Result
	Worker int
	Call   int64
	Return int64
	// Open says why there is no result: "does not return" or "panics".
	Open string
}

// An Outcome holds the records of one round of a scenario.
type Outcome struct {
	Records []Record // the workers' records, one worker after the other
	Final   []Record // one Load of each key after the workers have ended
	Named   []Record // of these, the records that a description of the fault names
}

// copied returns a copy that shares no memory with o.
func (o Outcome) copied() Outcome {
	return Outcome{slices.Clone(o.Records), slices.Clone(o.Final), slices.Clone(o.Named)}
}

func (o Outcome) By(worker int) []Record {
	return slices.DeleteFunc(slices.Clone(o.Records), func(r Record) bool { return r.Worker != worker })
}

// of returns the records that concern a key, the final Load included.
func (o Outcome) of(key int) []Record {
	return slices.DeleteFunc(slices.Concat(o.Records, o.Final), func(r Record) bool { return !r.of(key) })
}

func (r Record) of(key int) bool {
	return r.Op.Kind <= LastOfKey && r.Op.Key == key || r.Op.Kind == Clear
}
