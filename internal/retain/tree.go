package retain

import "math/bits"

// A tree has the nodes on the ways from the process to what has leaked, by their dominators. They are
// numbered anew, depth first from the process, which is 0: a dominator has a lower number than what it
// dominates. No way to a leaked object goes through other nodes, so the dominators are the same as
// among all nodes.
type tree struct {
	g      *graph
	number []int32 // of a node of the graph; negative for nodes that are not in the tree
	node   []int32 // the node of the graph, by number
	parent []int32 // the dominator
	// under are the nodes by their dominators: those of node i are under[first[i]:first[i+1]].
	first, under []int32

	group  []int32 // of a leaked object, from 1; 0 for other nodes, and for those that were taken
	weight []int64 // of what has leaked among a node and those below it, and was not taken
}

const treeRoot = 0 // the process

// tree returns the tree for groups of leaked objects.
func (g *graph) tree(groups [][]int) *tree {
	t := &tree{g: g, number: make([]int32, g.nodes())}
	for i := range t.number {
		t.number[i] = left
	}
	var next []int32
	mark := func(node int32) {
		if t.number[node] == left {
			t.number[node] = wanted
			next = append(next, node)
		}
	}
	mark(g.process())
	for _, objects := range groups {
		for _, o := range objects {
			mark(int32(o))
		}
	}
	for len(next) > 0 {
		node := next[len(next)-1]
		next = next[:len(next)-1]
		for _, h := range g.holders(node) {
			mark(h)
		}
	}
	t.node, t.parent = g.dominators(g.process(), t.number)
	t.sortChildren()
	t.group = make([]int32, len(t.node))
	for i, objects := range groups {
		for _, o := range objects {
			if n := t.number[o]; n >= 0 {
				t.group[n] = int32(i + 1)
			}
		}
	}
	return t
}

func (t *tree) sortChildren() {
	t.first = make([]int32, len(t.node)+2)
	for _, p := range t.parent[1:] {
		t.first[p+2]++
	}
	for i := 2; i < len(t.first); i++ {
		t.first[i] += t.first[i-1]
	}
	t.under = make([]int32, len(t.node)-1)
	for i, p := range t.parent[1:] {
		t.under[t.first[p+1]] = int32(i) + 1
		t.first[p+1]++
	}
}

func (t *tree) children(node int32) []int32 { return t.under[t.first[node]:t.first[node+1]] }

// weigh finds the weights, with the size of each leaked object.
func (t *tree) weigh(size func(object int32) int64) {
	t.weight = make([]int64, len(t.node))
	for node := len(t.node) - 1; node >= 0; node-- {
		if t.group[node] > 0 {
			t.weight[node] += size(t.node[node])
		}
		if node != treeRoot {
			t.weight[t.parent[node]] += t.weight[node]
		}
	}
}

// take removes from the weights what has leaked among a node and those below it, and calls f with
// each of these objects and its group.
func (t *tree) take(at int32, f func(object, group int32)) {
	weight := t.weight[at]
	for node := at; node != treeRoot; {
		node = t.parent[node]
		t.weight[node] -= weight
	}
	below := []int32{at}
	for i := 0; i < len(below); i++ {
		node := below[i]
		t.weight[node] = 0
		if t.group[node] > 0 {
			f(t.node[node], t.group[node])
			t.group[node] = 0
		}
		below = append(below, t.children(node)...)
	}
}

// countRoots counts for each of some objects of the graph the package variables of the program that
// hold it.
func (t *tree) countRoots(objects []int32) (counts []int) {
	counts = make([]int, len(objects))
	order, component := t.components()
	for begin := 0; begin < len(objects); begin += 64 {
		// Bit i is set if a node of the component leads to object begin+i.
		leads := make([]uint64, component[treeRoot]+1) // the process is of the last one
		for i, o := range objects[begin:min(begin+64, len(objects))] {
			if n := t.number[o]; n >= 0 {
				leads[component[n]] |= 1 << i
			}
		}
		for _, n := range order {
			c, node := component[n], t.node[n]
			for _, to := range t.g.refs(node) {
				if to := t.number[to]; to >= 0 {
					leads[c] |= leads[component[to]]
				}
			}
			if node > t.g.process() && t.g.root(node).rank == ofVariable {
				for rest := leads[c]; rest != 0; rest &= rest - 1 {
					counts[begin+bits.TrailingZeros64(rest)]++
				}
			}
		}
	}
	return counts
}
