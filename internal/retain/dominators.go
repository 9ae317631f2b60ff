package retain

const (
	left   = -1 // a search does not enter the node
	wanted = -2 // it does, but has not yet
)

// dominators numbers the nodes that are wanted and can be reached through such nodes from start, depth
// first from 0 on. It returns these nodes, and the numbers of their dominators: the dominator of a node
// is the last one that every way from start goes through. That of start is -1. It is the algorithm of
// Lengauer and Tarjan (1979) in its simple form, whose time grows a little faster than the number of
// references.
func (l *links) dominators(start int32, number []int32) (vertex, idom []int32) {
	vertex, parent := l.depthFirst(start, number)
	n := len(vertex)
	f := forest{ancestor: parent, semi: make([]int32, n), best: make([]int32, n)}
	// Nodes wait in a list of their semidominator. There, idom has the next one.
	idom = make([]int32, n)
	waiting := make([]int32, n)
	for i := range int32(n) {
		f.semi[i], f.best[i], waiting[i] = i, i, -1
	}
	for w := int32(n) - 1; w > 0; w-- {
		f.first = w + 1
		for _, holder := range l.holders(vertex[w]) {
			if v := number[holder]; v >= 0 {
				f.semi[w] = min(f.semi[w], f.semi[f.eval(v)])
			}
		}
		s, p := f.semi[w], parent[w]
		idom[w], waiting[s] = waiting[s], w
		f.first = w
		for v := waiting[p]; v >= 0; {
			next := idom[v]
			if u := f.eval(v); f.semi[u] < f.semi[v] {
				idom[v] = u
			} else {
				idom[v] = p
			}
			v = next
		}
		waiting[p] = -1
	}
	for w := int32(1); w < int32(n); w++ {
		if idom[w] != f.semi[w] {
			idom[w] = idom[idom[w]]
		}
	}
	idom[0] = -1
	return vertex, idom
}

// depthFirst numbers the wanted nodes. It returns them by number, and the numbers of their parents in
// the tree of the search.
func (l *links) depthFirst(start int32, number []int32) (vertex, parent []int32) {
	type entered struct{ number, next, end int32 }
	enter := func(node, from int32) entered {
		n := int32(len(vertex))
		number[node] = n
		vertex, parent = append(vertex, node), append(parent, from)
		return entered{n, l.from[node], l.from[node+1]}
	}
	stack := []entered{enter(start, -1)}
	for len(stack) > 0 {
		v := &stack[len(stack)-1]
		if v.next == v.end {
			stack = stack[:len(stack)-1]
			continue
		}
		to := l.to[v.next]
		v.next++
		if number[to] == wanted {
			stack = append(stack, enter(to, v.number))
		}
	}
	return vertex, parent
}

// A forest has the nodes from first on, with compressed paths. Their trees hang on nodes before first.
type forest struct {
	first          int32
	ancestor, best []int32
	semi           []int32 // the semidominator
	stack          []int32
}

// eval returns the node with the least semidominator between v and the root of its tree in the
// forest, and shortens the way there.
func (f *forest) eval(v int32) int32 {
	if v < f.first {
		return v
	}
	f.stack = f.stack[:0]
	for u := v; f.ancestor[u] >= f.first; u = f.ancestor[u] {
		f.stack = append(f.stack, u)
	}
	for i := len(f.stack) - 1; i >= 0; i-- {
		u := f.stack[i]
		a := f.ancestor[u]
		if f.semi[f.best[a]] < f.semi[f.best[u]] {
			f.best[u] = f.best[a]
		}
		f.ancestor[u] = f.ancestor[a]
	}
	return f.best[v]
}
