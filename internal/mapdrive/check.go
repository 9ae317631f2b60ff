package mapdrive

import "slices"

// A checker finds out whether some order of the operations on one key explains their results. It
// reuses its memory.
//
// It goes through calls and returns in the order of time and keeps every possible state: the value,
// and which of the open operations have taken effect. An operation that returns must have taken
// effect. With w workers there are at most 2^w states for each value: see Lowe, Testing for
// linearizability (2017).
type checker struct {
	configs []config
	next    []config
	work    []config
	seen    map[config]struct{}
	lanes   []lane
}

// A lane holds what one worker does to the key.
type lane struct {
	at, end int  // positions in the list of indices
	called  bool // the operation at at has been called and has not returned
}

// A config is a possible state.
type config struct {
	done  uint64 // a bit for each lane whose open operation has taken effect
	state int
}

// mostConfigs is how many states are examined for one return. When many workers meet on one key
// there can be more; the verdict is then unknown.
const mostConfigs = 1 << 14

type verdict int

const (
	possible verdict = iota
	impossible
	unknown
)

// check judges the records at the indices its. They are all of one key, whose value was state
// before, and each worker's are together and in order. If the verdict is impossible, bad is the
// index of the first record that no order explains.
func (c *checker) check(records []Record, its []int32, state int) (v verdict, bad int) {
	c.lanes = c.lanes[:0]
	for i := 0; i < len(its); {
		w, first := records[its[i]].Worker, i
		for i < len(its) && records[its[i]].Worker == w {
			i++
		}
		c.lanes = append(c.lanes, lane{at: first, end: i})
	}
	if len(c.lanes) > 64 {
		return unknown, -1
	}
	c.configs = append(c.configs[:0], config{0, state})
	open := 0
	for {
		// Find the next event. A call comes before a return at the same time: they overlap.
		first, at, returns := -1, int64(0), false
		for i := range c.lanes {
			l := &c.lanes[i]
			if l.at == l.end {
				continue
			}
			r := &records[its[l.at]]
			when := r.Call
			if l.called {
				when = r.Return
			}
			if first < 0 || when < at || when == at && returns && !l.called {
				first, at, returns = i, when, l.called
			}
		}
		if first < 0 {
			return possible, -1
		}
		l := &c.lanes[first]
		if !returns {
			l.called = true
			open++
			continue
		}
		r := &records[its[l.at]]
		if open == 1 && len(c.configs) == 1 && c.configs[0].done == 0 {
			// No other operation is open.
			next, want := Step(c.configs[0].state, r.Op)
			if want != r.Result {
				return impossible, int(its[l.at])
			}
			c.configs[0].state = next
		} else if v := c.advance(records, its, first); v != possible {
			return v, int(its[l.at])
		}
		l.called = false
		l.at++
		open--
	}
}

// advance keeps the states in which the operation that returns has taken effect.
func (c *checker) advance(records []Record, its []int32, returning int) verdict {
	bit := uint64(1) << returning
	c.next = c.next[:0]
	c.work = append(c.work[:0], c.configs...)
	clear(c.seen)
	for n := 0; n < len(c.work); n++ {
		if n == mostConfigs {
			return unknown
		}
		now := c.work[n]
		if now.done&bit != 0 {
			now.done &^= bit
			c.next = append(c.next, now)
			continue
		}
		for i := range c.lanes {
			l := &c.lanes[i]
			if !l.called || now.done&(1<<i) != 0 {
				continue
			}
			r := &records[its[l.at]]
			if state, want := Step(now.state, r.Op); want == r.Result {
				c.add(config{now.done | 1<<i, state})
			}
		}
	}
	c.configs, c.next = c.next, c.configs
	if len(c.configs) == 0 {
		return impossible
	}
	return possible
}

// add adds a state to examine, unless it is there. A short list is searched without a map.
func (c *checker) add(new config) {
	const few = 16
	if len(c.work) < few {
		if !slices.Contains(c.work, new) {
			c.work = append(c.work, new)
		}
		return
	}
	if len(c.seen) == 0 {
		if c.seen == nil {
			c.seen = make(map[config]struct{})
		}
		for _, old := range c.work {
			c.seen[old] = struct{}{}
		}
	}
	if _, old := c.seen[new]; !old {
		c.seen[new] = struct{}{}
		c.work = append(c.work, new)
	}
}
