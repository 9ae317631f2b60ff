package explore

import "slices"

// A schedule is a list of choices. Every schedule but the first has one parent:
// the one without its last choice. So a walk over the children visits every
// schedule once. A child has as many preemptions as its parent, or one more; the
// walk visits all those with none first, then all with one, and so on.

// manySchedules is how many children a level may have to be tried in a row:
// where it has more, every second schedule is one by chance.
const manySchedules = 20_000

// keepSchedules bounds how many schedules are kept to add a preemption to.
const keepSchedules = 1 << 20

func (e *explorer) search() {
	level := [][]Choice{nil}
	for bound := 0; bound <= e.Bound && !e.stopped; bound++ {
		next, more, all := e.level(level, bound)
		if e.stopped {
			return
		}
		if all && e.result.Diverged == 0 && e.result.Bound == bound-1 && (bound == 0 || e.At == nil) {
			e.result.Bound = bound
			e.result.Complete = !more
		}
		if !more {
			return
		}
		level = next
	}
	for n := 0; !e.stopped && (n < e.Chance || e.At == nil && e.result.Bound < e.Bound && e.limited()); n++ {
		e.byChance()
	}
}

// limited reports whether the search ends by itself.
func (e *explorer) limited() bool { return e.Schedules > 0 || !e.Until.IsZero() }

// level visits all schedules with exactly bound preemptions, given those with
// one less. It returns them, if they are needed, whether any can take one more,
// and whether it has visited all.
func (e *explorer) level(parents [][]Choice, bound int) (visited [][]Choice, more, all bool) {
	all = true
	visit := func(choices []Choice) {
		stack := [][]Choice{choices}
		for len(stack) > 0 && !e.stopped {
			choices := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			e.follow(choices)
			if !e.try(e.Seed) {
				return
			}
			for child := range e.children(choices, false) {
				stack = append(stack, child)
			}
			if e.extensible(choices) {
				more = true
				if bound < e.Bound {
					if len(visited) < keepSchedules {
						visited = append(visited, choices)
					} else {
						all = false
					}
				}
			}
		}
	}
	if bound == 0 {
		visit(nil)
		return visited, more, all
	}
	e.shuffle(len(parents), func(i, j int) { parents[i], parents[j] = parents[j], parents[i] })
	mixed := false
	for i, parent := range parents {
		e.follow(parent)
		e.execute(e.Seed) // again, to see its picks
		var children [][]Choice
		for child := range e.children(parent, true) {
			children = append(children, child)
		}
		if i == 0 {
			mixed = len(children)*len(parents) > manySchedules && e.limited()
		}
		e.shuffle(len(children), func(i, j int) { children[i], children[j] = children[j], children[i] })
		for _, child := range children {
			visit(child)
			if mixed && !e.stopped {
				e.byChance()
			}
			if e.stopped {
				return visited, more, false
			}
		}
	}
	return visited, more, all
}

// follow makes the choices the next execution's.
func (e *explorer) follow(choices []Choice) {
	e.s.strategy = strategy{plan: choices, record: true, rec: e.s.strategy.rec, taken: e.s.strategy.taken, sites: e.s.strategy.sites}
}

// byChance tries a schedule with more preemptions.
func (e *explorer) byChance() {
	seed := e.order.next()
	chance := e.s.chance
	chance.draw(seed, e.longest, 2+2*max(e.Bound, 0))
	e.s.strategy = strategy{chance: chance, rec: e.s.strategy.rec, taken: e.s.strategy.taken, sites: e.s.strategy.sites}
	e.try(e.Seed + uint64(e.result.Schedules))
}

// children yields the choices of the schedules that make one choice more than
// the execution just seen, after all of its own.
func (e *explorer) children(choices []Choice, preempting bool) func(yield func([]Choice) bool) {
	return func(yield func([]Choice) bool) {
		first := 0
		if n := len(choices); n > 0 {
			first = int(choices[n-1].Pick) + 1
		}
		for i := first; i < len(e.s.strategy.rec); i++ {
			r := e.s.strategy.rec[i]
			if r.kind == normal && !preempting || preempting && e.At != nil && !slices.Contains(e.At, r.site) {
				continue
			}
			for c := uint32(1); c < r.options; c++ {
				if costs(r.kind, r.options, c) != preempting {
					continue
				}
				child := make([]Choice, len(choices), len(choices)+1)
				copy(child, choices)
				if !yield(append(child, Choice{uint32(i), c, r.print})) {
					return
				}
			}
		}
	}
}

// extensible reports whether a preemption can be added to the execution just seen.
func (e *explorer) extensible(choices []Choice) bool {
	for range e.children(choices, true) {
		return true
	}
	return false
}

func (e *explorer) shuffle(n int, swap func(i, j int)) {
	for i := n - 1; i > 0; i-- {
		swap(i, e.order.below(i+1))
	}
}
