package explore

// pct decides picks by priorities, as Burckhardt and others have it in “A
// Randomized Scheduler with Probabilistic Guarantees of Finding Bugs”
// (ASPLOS 2010): the task with the highest priority runs; at a few picks drawn
// beforehand the running task falls below all others. A fault that takes d such
// changes among n picks is found with a probability of at least 1/(tasks·n^d).
type pct struct {
	random  random
	changes []uint32 // picks at which the running task falls
	lowest  int64
}

// draw prepares an execution of about n picks with at most changes changes.
func (p *pct) draw(seed uint64, n, changes int) {
	p.random = random{seed}
	p.changes = p.changes[:0]
	p.lowest = 0
	for range 1 + p.random.below(changes) {
		p.changes = append(p.changes, uint32(p.random.below(max(n, 1))))
	}
}

//go:norace
func (s *scheduler) byRank(t *task, kind uint8, n uint32) uint32 {
	p := s.strategy.chance
	if kind == choosing {
		return uint32(p.random.below(int(n)))
	}
	falls := kind == yielding
	for _, pick := range p.changes {
		falls = falls || int(pick) == s.strategy.picks-1
	}
	if falls {
		p.lowest--
		t.rank = p.lowest
	}
	var best *task
	for i := 0; i < s.live; i++ {
		u := s.tasks[i]
		if u.state != ready {
			continue
		}
		if u.rank == 0 {
			u.rank = 1 + int64(p.random.next()>>2)
		}
		if best == nil || u.rank > best.rank {
			best = u
		}
	}
	return s.choiceOf(t, best, kind, n)
}
