package mapdrive

// Facts are what follows from a scenario alone.
type facts struct {
	keys []int
	// By key, as far as the largest one: its value when the workers begin, its value as
	// far as it is known, whether a worker may change it, its place in keys.
	before, model []int
	written       []bool
	place         []int32
	// Private says that each key is used by one worker only, so that each answer is
	// known exactly, and alone that there is only one worker as well: it knows all.
	private, alone bool
	// Whole is whether to look at Range and Len in the end of each round.
	whole bool
	// Tells says that what is left in the end tells more of a wrong answer.
	tells bool
	// Loose are keys about which nothing is known.
	loose map[int]bool
}

func newFacts(s Scenario) *facts {
	f := &facts{keys: s.Keys(), private: true, loose: make(map[int]bool)}
	most := 0
	if len(f.keys) > 0 {
		most = f.keys[len(f.keys)-1] + 1
	}
	f.before, f.model, f.written, f.place = make([]int, most), make([]int, most), make([]bool, most), make([]int32, most)
	owner := make([]int, most)
	for k := range most {
		f.before[k], f.model[k], owner[k] = Absent, Absent, -1
	}
	for i, k := range f.keys {
		f.place[k] = int32(i)
	}
	clears := false
	one := len(s.Workers) == 1
	s.each(func(w int, op Op) {
		switch {
		case w < 0 && op.Kind <= LastOfKey:
			f.before[op.Key], _ = Step(f.before[op.Key], op)
		case w < 0 && op.Kind == Clear:
			for k := range f.before {
				f.before[k] = Absent
			}
		case w < 0:
		case op.Kind == Clear:
			clears = true
		case op.Kind == RangeWrites:
			f.loose[op.Key], f.written[op.Key], f.private = true, true, false
		case op.Kind <= LastOfKey:
			if owner[op.Key] >= 0 && owner[op.Key] != w {
				f.private = false
			}
			owner[op.Key] = w
			f.written[op.Key] = f.written[op.Key] || op.Kind != Load
		}
	})
	if clears {
		for _, k := range f.keys {
			f.written[k] = true
		}
		f.private = f.private && one
	}
	f.alone = f.private && one
	f.whole = s.ops() > 8 || one
	f.tells = s.Plain() && s.ops() <= 24
	return f
}

// known is whether there can be facts about a key.
func (f *facts) known(key int) bool { return key >= 0 && key < len(f.before) }

// present is how many entries there are, if there is one worker.
func (f *facts) present() (n int) {
	if f.alone {
		for _, k := range f.keys {
			if f.model[k] != Absent {
				n++
			}
		}
	}
	return n
}
