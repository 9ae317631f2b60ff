package mapdrive

// A checker finds out whether there is an order of operations on one key in which
// each gives what it has given. It keeps its memory.
//
// It goes through calls and returns in the order of time and keeps what states
// there can be: the value, and which of the operations that are under way have
// taken effect. When one returns it must have. With w workers there are no more
// than 2^w of each value: see Lowe, Testing for linearizability (2017).
type checker struct {
	configs []config
	next    []config
	work    []config
	seen    map[config]struct{}
	lanes   []lane
}

// A lane is what one worker does to the key.
type lane struct {
	at, end int  // in the list of its records
	called  bool // the one at at is under way
}

// A config is a state that there can be.
type config struct {
	done  uint64 // of up to 64 workers, those whose operation under way has taken effect
	state int
}

// mostConfigs are looked at for one return. There can be more when many workers meet
// on one key; then the answer is unknown.
const mostConfigs = 1 << 14

type verdict int

const (
	possible verdict = iota
	impossible
	unknown
)

// check tells whether the records that its indices name, all of one key whose value
// was state before, and those of each worker together and in order, can have been; if
// not, bad is the first one that no order explains.
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
		// The next event; of calls and returns at the same time calls come first: they overlap.
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
			// Nothing else is under way.
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

// advance leaves the states in which the operation under way in a lane, which
// returns, has taken effect.
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

// add adds what there is to look at. A few are compared one by one.
func (c *checker) add(new config) {
	const few = 16
	if len(c.work) < few {
		for _, old := range c.work {
			if old == new {
				return
			}
		}
		c.work = append(c.work, new)
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
