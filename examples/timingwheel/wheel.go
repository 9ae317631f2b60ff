// Package timingwheel has timers that are cheap to add and to cancel, for the timeouts
// of many requests and the expiry of many sessions. It is here twice: as it kept what
// cancelled timers referred to, and mended.
package timingwheel

import "time"

// A wheel is a hierarchical timing wheel. A slot of the lowest level has the entries of
// one tick. Each slot of a higher level has those of as many ticks as the level below has
// altogether, and is distributed over the lower levels when its time begins. Adding and
// removing take constant time. So does a tick, on average: an entry moves down once
// a level.
//
// See Varghese and Lauck, Hashed and Hierarchical Timing Wheels (SOSP 1987), scheme 7.
type wheel struct {
	bits    uint // of a tick's number that are the index of a slot
	now     uint64
	entries int
	levels  [][]slot
}

// A slot is a list of entries, in no order.
type slot struct{ first *entry }

// An entry is something to do at a tick.
type entry struct {
	due        uint64
	f          func()
	slot       *slot // nil if the entry is in none
	next, prev *entry
}

// newWheel makes a wheel of at least two levels.
func newWheel(bits uint, levels int) *wheel {
	w := &wheel{bits: bits, levels: make([][]slot, levels)}
	for i := range w.levels {
		w.levels[i] = make([]slot, 1<<bits)
	}
	return w
}

// at returns the slot of a level that has the tick.
func (w *wheel) at(level int, tick uint64) *slot {
	return &w.levels[level][tick>>(w.bits*uint(level))&(1<<w.bits-1)]
}

// add adds an entry that is due after now.
func (w *wheel) add(e *entry) {
	w.place(e)
	w.entries++
}

// place puts an entry into its slot. What is beyond the highest level goes round there until
// it is near enough.
func (w *wheel) place(e *entry) {
	level := 0
	for left := (e.due - w.now) >> w.bits; left > 0 && level < len(w.levels)-1; left >>= w.bits {
		level++
	}
	s := w.at(level, e.due)
	e.slot, e.next = s, s.first
	if s.first != nil {
		s.first.prev = e
	}
	s.first = e
}

// remove removes an entry, and reports whether it was there.
func (w *wheel) remove(e *entry) bool {
	if e.slot == nil {
		return false
	}
	if e.prev != nil {
		e.prev.next = e.next
	} else {
		e.slot.first = e.next
	}
	if e.next != nil {
		e.next.prev = e.prev
	}
	// Without this, whoever has the entry would keep its former neighbours.
	e.slot, e.next, e.prev = nil, nil, nil
	w.entries--
	return true
}

// tick begins the next tick. Its entries are those that pop returns.
func (w *wheel) tick() {
	w.now++
	for level := 1; level < len(w.levels) && w.now&(1<<(w.bits*uint(level))-1) == 0; level++ {
		s := w.at(level, w.now)
		e := s.first
		s.first = nil
		for e != nil {
			next := e.next
			e.next, e.prev = nil, nil
			w.place(e)
			e = next
		}
	}
}

// pop removes an entry that is due now, and returns it.
func (w *wheel) pop() *entry {
	e := w.at(0, w.now).first
	if e != nil {
		w.remove(e)
	}
	return e
}

// clear removes all entries, and what they would do.
func (w *wheel) clear() {
	for _, level := range w.levels {
		for i := range level {
			for e := level[i].first; e != nil; e = level[i].first {
				w.remove(e)
				e.f = nil
			}
		}
	}
}

// next turns the wheel up to a tick, or to one before that has something to do. It
// returns nil if nothing more is due.
func (w *wheel) next(to uint64) (f func()) {
	for {
		if e := w.pop(); e != nil {
			f, e.f = e.f, nil // a timer that is kept after it has fired keeps nothing
			return f
		}
		if w.now >= to {
			return nil
		}
		w.tick()
	}
}

// dueTick returns the first tick at which d is over.
func dueTick(start time.Time, d, tick time.Duration) uint64 {
	end, each := uint64(time.Since(start))+uint64(max(d, 0)), uint64(tick)
	due := end / each
	if end%each > 0 {
		due++
	}
	return due
}
