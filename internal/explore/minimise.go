package explore

// Minimise looks for a schedule of the same program that ends in the same way, as
// a deadlock for example, and has fewer preemptions, or as many and fewer
// switches. It gives up at c.Until or after c.Schedules executions; the default
// is 2000. The fault it returns has been seen in two replays, and is f itself if
// nothing smaller was found.
//
// It takes out one switch after another, and then walks through the schedules
// with fewer preemptions, whatever they are.
func Minimise(c Config, f *Fault) (*Fault, error) {
	e, err := newExplorer(c)
	if err != nil {
		return f, err
	}
	if e.Schedules <= 0 {
		e.Schedules = 2000
	}
	err = e.guard(func() { f = e.minimise(f) })
	return f, err
}

func (e *explorer) minimise(f *Fault) *Fault {
	e.s.strategy.record = true
	x, message := e.replay(f.Token)
	if message == "" || x.Diverged {
		return f
	}
	outcome := x.outcome
	best := e.candidate(x)
	for again := true; again; {
		again = false
		for _, turns := range smaller(best.turns) {
			if e.over() {
				break
			}
			e.s.strategy = strategy{turns: turns, record: true, rec: e.s.strategy.rec}
			x, message := e.execute(f.Token.Seed)
			e.result.Schedules++
			if message == "" || x.outcome != outcome {
				continue
			}
			if c := e.candidate(x); c.less(best) {
				if fault := e.confirm(c.token); fault != nil {
					best, f, again = c, fault, true
					break
				}
			}
		}
	}
	if best.preemptions > 0 && !e.over() {
		e.Seed, e.Bound, e.Chance = f.Token.Seed, best.preemptions-1, 0
		e.wanted = func(x *Execution) bool { return x.outcome == outcome }
		if e.search(); e.result.Fault != nil {
			return e.result.Fault
		}
	}
	return f
}

// A candidate is a schedule that shows the fault, by its turns.
type candidate struct {
	token              Token
	turns              []turn
	preemptions, picks int
}

func (e *explorer) candidate(x *Execution) candidate {
	return candidate{x.Token(), turnsOf(e.s.strategy.rec), x.Preemptions, x.Picks}
}

func (c candidate) less(d candidate) bool {
	switch {
	case c.preemptions != d.preemptions:
		return c.preemptions < d.preemptions
	case len(c.turns) != len(d.turns):
		return len(c.turns) < len(d.turns)
	case len(c.token.Choices) != len(d.token.Choices):
		return len(c.token.Choices) < len(d.token.Choices)
	}
	return c.picks < d.picks
}

// smaller returns lists of turns with a switch less: one taken out, or all from one on.
func smaller(turns []turn) [][]turn {
	var list [][]turn
	for i := 1; i < len(turns); i++ {
		list = append(list, append([]turn(nil), turns[:i]...))
	}
	for i := 1; i < len(turns); i++ {
		list = append(list, without(append([]turn(nil), turns...), i))
	}
	return list
}
