package retain

import "slices"

// stuck returns the goroutines that nothing can wake, as the runtime's own proof does it: first all
// goroutines that wait for others count as stuck. Those that wait for something that a root or a
// goroutine which is not stuck refers to are not stuck, and so on until no more are found. Whatever may
// keep an object alive counts as a root, but words that only look like a pointer do not: the collector
// does not follow them.
//
// If it is not known what cleanups refer to, only those are stuck that wait for nothing.
//
// See Saioc et al., "Dynamic Partial Deadlock Detection and Recovery via Garbage Collection", ASPLOS
// 2025, and https://go.dev/issue/74609.
func (w *waiters) stuck() map[uint64]bool {
	stuck := make(map[uint64]bool)
	for i := range w.blocked {
		stuck[w.blocked[i].ID] = true
	}
	reached := make([]bool, w.g.nodes())
	for _, node := range w.deadEnds {
		reached[node] = true
	}
	follow := func(counts func(*root) bool) {
		var next []int32
		for i := range w.g.roots {
			if node := w.g.rootNode(i); !reached[node] && refers(&w.g.roots[i]) && counts(&w.g.roots[i]) {
				reached[node] = true
				next = append(next, node)
			}
		}
		for len(next) > 0 {
			node := next[len(next)-1]
			next = next[:len(next)-1]
			for _, to := range w.g.refs(node) {
				if !reached[to] {
					reached[to] = true
					next = append(next, to)
				}
			}
		}
	}
	follow(func(r *root) bool { return r.goroutine == nil || !stuck[r.goroutine.ID] })
	for {
		woken := make(map[uint64]bool)
		for i := range w.blocked {
			b := &w.blocked[i]
			if stuck[b.ID] && slices.ContainsFunc(b.on, func(on awaited) bool { return w.canCome(reached, b, on) }) {
				woken[b.ID] = true
				delete(stuck, b.ID)
			}
		}
		if len(woken) == 0 {
			return stuck
		}
		follow(func(r *root) bool { return r.goroutine != nil && woken[r.goroutine.ID] })
	}
}

// canCome reports whether somebody who can act may refer to what a goroutine waits for.
func (w *waiters) canCome(reached []bool, b *blocked, on awaited) bool {
	if on.never || !w.g.dump.CleanupsKnown {
		return !on.never
	}
	if o, ok := w.g.dump.Find(on.at); ok {
		return reached[o]
	}
	for i := range b.Frames { // nobody else refers to a variable on its stack
		if f := &b.Frames[i]; on.at >= f.SP && on.at < f.SP+uint64(len(f.Bytes)) {
			return false
		}
	}
	return true
}
