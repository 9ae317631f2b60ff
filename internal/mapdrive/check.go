package mapdrive

import (
	"cmp"
	"slices"
)

// A Record is one operation that was done: by whom, when, and what it returned.
// Times are of one clock; an operation can have taken effect at any time from its
// call to its return.
type Record struct {
	Op     Op
	Result Result
	Worker int
	Call   int64
	Return int64
}

// A checker finds out whether there is an order of operations on one key in which
// each gives what it has given. It keeps its memory.
//
// It goes through calls and returns in the order of time and keeps what states
// there can be: the value, and which of the operations that are under way have
// taken effect. When one returns it must have. With w workers there are no more
// than 2^w of each value: see Lowe, Testing for linearizability (2017).
type checker struct {
	events  []event
	configs []config
	next    []config
	work    []config
	seen    map[config]struct{}
	pending []int // by worker, the record that is under way; -1 for none
}

type event struct {
	at     int64
	ret    bool
	record int
}

// A config is a state that there can be.
type config struct {
	done  uint64 // of up to 64 workers, those whose operation under way has taken effect
	state int
}

// check reports whether records, all of one key whose value was state before, can
// have been; if not, bad is the first one that no order explains.
func (c *checker) check(records []Record, state int) (ok bool, bad int) {
	c.events = c.events[:0]
	workers := 0
	for i, r := range records {
		c.events = append(c.events, event{r.Call, false, i}, event{r.Return, true, i})
		workers = max(workers, r.Worker+1)
	}
	// Calls before returns of the same time: they overlap.
	slices.SortFunc(c.events, func(a, b event) int {
		return cmp.Or(cmp.Compare(a.at, b.at), compareBool(a.ret, b.ret), cmp.Compare(a.record, b.record))
	})
	c.pending = c.pending[:0]
	for range workers {
		c.pending = append(c.pending, -1)
	}
	if c.seen == nil {
		c.seen = make(map[config]struct{})
	}
	c.configs = append(c.configs[:0], config{0, state})
	alone := 0 // how many are under way
	for _, e := range c.events {
		r := &records[e.record]
		if !e.ret {
			c.pending[r.Worker] = e.record
			alone++
			continue
		}
		if alone == 1 && len(c.configs) == 1 && c.configs[0].done == 0 {
			// Nothing else is under way.
			next, want := step(c.configs[0].state, r.Op)
			if want != r.Result {
				return false, e.record
			}
			c.configs[0].state = next
		} else if !c.advance(records, r.Worker) {
			return false, e.record
		}
		c.pending[r.Worker] = -1
		alone--
	}
	return true, -1
}

// advance leaves the states in which the operation of a worker, which returns, has
// taken effect.
func (c *checker) advance(records []Record, worker int) bool {
	bit := uint64(1) << worker
	clear(c.seen)
	c.next = c.next[:0]
	c.work = append(c.work[:0], c.configs...)
	for len(c.work) > 0 {
		now := c.work[len(c.work)-1]
		c.work = c.work[:len(c.work)-1]
		if _, seen := c.seen[now]; seen {
			continue
		}
		c.seen[now] = struct{}{}
		if now.done&bit != 0 {
			now.done &^= bit
			if !slices.Contains(c.next, now) {
				c.next = append(c.next, now)
			}
			continue
		}
		for w, i := range c.pending {
			if i < 0 || now.done&(1<<w) != 0 {
				continue
			}
			if state, want := step(now.state, records[i].Op); want == records[i].Result {
				c.work = append(c.work, config{now.done | 1<<w, state})
			}
		}
	}
	c.configs, c.next = c.next, c.configs
	return len(c.configs) > 0
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}
