package mapdrive

import "slices"

// A facts holds what follows from a scenario alone.
type facts struct {
	keys []int
	// These are indexed by key: its value when the workers begin, its value as far as it is known,
	// whether a worker may change it, and its index in keys.
	before, model []int
	written       []bool
	place         []int32
	// private says that each key is used by one worker only, so every result is known exactly.
	// alone says that, in addition, there is only one worker.
	private, alone bool
	// whole says that Range and Len are checked at the end of every round.
	whole bool
	// tells says that the final state helps to explain a wrong result.
	tells bool
	// loose holds the keys whose values are unknown.
	loose map[int]bool
}

func newFacts(s Scenario) *facts {
	f := &facts{keys: s.Keys(), private: true, loose: make(map[int]bool)}
	most := 0
	if n := len(f.keys); n > 0 {
		most = f.keys[n-1] + 1
	}
	f.before = slices.Repeat([]int{Absent}, most)
	f.model, f.written, f.place = slices.Clone(f.before), make([]bool, most), make([]int32, most)
	for i, k := range f.keys {
		f.place[k] = int32(i)
	}
	for _, op := range s.Setup {
		step(f.before, op)
	}
	one := len(s.Workers) == 1
	owner := slices.Repeat([]int{-1}, most)
	for w, ops := range s.Workers {
		for _, op := range ops {
			switch {
			case op.Kind == Clear:
				for _, k := range f.keys {
					f.written[k] = true
				}
				f.private = f.private && one
			case op.Kind == RangeWrites:
				f.loose[op.Key], f.written[op.Key], f.private = true, true, false
			case op.Kind <= LastOfKey:
				if owner[op.Key] >= 0 && owner[op.Key] != w {
					f.private = false
				}
				owner[op.Key] = w
				f.written[op.Key] = f.written[op.Key] || op.Kind != Load
			}
		}
	}
	f.alone = f.private && one
	f.whole = s.ops() > 8 || one
	f.tells = s.Plain() && s.ops() <= 24
	return f
}

func step(states []int, op Op) {
	switch {
	case op.Kind <= LastOfKey:
		states[op.Key], _ = Step(states[op.Key], op)
	case op.Kind == Clear:
		for k := range states {
			states[k] = Absent
		}
	}
}

// present returns the number of entries in the model.
func (f *facts) present() (n int) {
	for _, state := range f.model {
		if state != Absent {
			n++
		}
	}
	return n
}

// shown returns the value that Range must show for a key, and whether that is sure. If exact,
// nothing changes and it is the model's value. Otherwise it is sure for a key that nobody changes.
func (f *facts) shown(key int, exact bool) (state int, sure bool) {
	if exact {
		return f.model[key], true
	}
	return f.before[key], !f.written[key]
}
