package explore

// The kinds of picks say which tasks may run next and what that costs.
const (
	// normal: the task goes on, or another preempts it.
	normal uint8 = iota
	// forced: the task can't go on; every other that is ready is as good.
	forced
	// yielding: the task gives way; that it goes on all the same costs as much as a preemption.
	yielding
	// choosing: one of several cases of a select.
	choosing
)

// A Choice is a decision that differs from the default, which is 0: to go on,
// or to run the next task in order when the task can't or gives way.
type Choice struct {
	Pick   uint32 // the number of the pick: only decisions between two or more tasks count
	Choice uint32
	print  uint64 // the execution's print so far, as it was when the choice was first seen; or 0
}

// A pickRecord is what an execution tells about a pick, so that others can
// choose otherwise there.
type pickRecord struct {
	print   uint64
	options uint32
	site    uint32 // at which the task stood
	task    uint16 // who was chosen; of a select, the case
	kind    uint8
}

// costs reports whether choice c of a pick with n options counts as a preemption.
func costs(kind uint8, n, c uint32) bool {
	return kind == normal && c > 0 || kind == yielding && c == n-1
}

// A strategy decides the picks of one execution.
type strategy struct {
	plan   []Choice // what to choose otherwise than the default
	chance *pct     // if not nil, decides instead of the plan
	turns  []turn   // if not nil, decides instead of both
	record bool     // keep the picks
	rec    []pickRecord

	at          int // in plan
	picks       int
	preemptions int
	preempts    bool // the last pick was a preemption
	diverged    bool
	taken       []Choice
	sites       []uint32 // of the preemptions
}

func (y *strategy) reset() {
	y.at, y.picks, y.preemptions, y.preempts, y.diverged = 0, 0, 0, false, false
	y.taken, y.rec, y.sites = y.taken[:0], y.rec[:0], y.sites[:0]
}

// pick returns the task that runs next.
//
//go:norace
func (s *scheduler) pick(t *task, kind uint8) *task {
	n := uint32(s.ready)
	if n == 1 {
		if kind == forced {
			return s.after(t, 1)
		}
		return t
	}
	c := s.decide(t, kind, n)
	next := t
	switch {
	case kind == forced || kind == yielding && c < n-1:
		next = s.after(t, int(c)+1)
	case kind == normal && c > 0:
		next = s.after(t, int(c))
	}
	if s.strategy.record {
		rec := s.strategy.rec
		rec[len(rec)-1].task = uint16(next.index)
	}
	return next
}

// choose returns a number below n, another in each schedule.
//
//go:norace
func (s *scheduler) choose(n int) int {
	if s.phase != taskPhase || n < 2 {
		return 0
	}
	c := s.decide(s.cur, choosing, uint32(n))
	if s.strategy.record {
		rec := s.strategy.rec
		rec[len(rec)-1].task = uint16(c)
	}
	return int(c)
}

//go:norace
func (s *scheduler) decide(t *task, kind uint8, n uint32) uint32 {
	y := &s.strategy
	i := uint32(y.picks)
	y.picks++
	print := s.with(t)
	var c uint32
	switch {
	case y.turns != nil:
		c = s.turn(t, kind, n)
	case y.chance != nil:
		c = s.byRank(t, kind, n)
	case y.at < len(y.plan) && y.plan[y.at].Pick == i:
		p := &y.plan[y.at]
		y.at++
		if c = p.Choice; c >= n {
			c, y.diverged = 0, true
		} else if p.print != 0 && p.print != print {
			y.diverged = true
		}
	}
	if y.record {
		y.rec = append(y.rec, pickRecord{print: print, options: n, site: t.site, kind: kind})
	}
	if c > 0 {
		y.taken = append(y.taken, Choice{Pick: i, Choice: c, print: print})
		if costs(kind, n, c) {
			y.preemptions++
			y.sites = append(y.sites, t.site)
			y.preempts = kind == normal
		}
		if kind == normal {
			s.coverage.add(t.site, true)
		}
	}
	return c
}

// choiceOf returns the choice of a pick that leads to the task u.
//
//go:norace
func (s *scheduler) choiceOf(t, u *task, kind uint8, n uint32) uint32 {
	if u == t {
		if kind == yielding {
			return n - 1
		}
		return 0
	}
	for c := uint32(0); c < n; c++ {
		if s.after(t, int(c)+1) == u {
			if kind == normal {
				c++
			}
			return c
		}
	}
	return 0
}
