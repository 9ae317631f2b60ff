package retain

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// leaksOf returns groups of some of the objects.
func leaksOf(r *rand.Rand, g *graph) [][]int {
	groups := make([][]int, 1+r.IntN(3))
	for o := range int(g.objects) {
		if r.IntN(3) == 0 {
			k := r.IntN(len(groups))
			groups[k] = append(groups[k], o)
		}
	}
	return groups
}

func sizeOf(object int32) int64 { return 1 + int64(object)*int64(object) }

// The tree for what has leaked is a part of the tree of all nodes, with all that leads there.
func TestTree(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		g := made(r)
		groups := leaksOf(r, g)
		tree := g.tree(groups)
		want := g.idom()
		held := g.reached(-1)
		assert.Equal(t, g.process(), tree.node[treeRoot])
		for i, node := range tree.node {
			assert.Equal(t, int32(i), tree.number[node])
			if i == treeRoot {
				continue
			}
			p := tree.parent[i]
			assert.Less(t, p, int32(i))
			assert.Contains(t, tree.children(p), int32(i))
			if !assert.Equal(t, want[node], tree.node[p], "the dominator of node %d", node) {
				return
			}
		}
		for k, objects := range groups {
			for _, o := range objects {
				if n := tree.number[o]; assert.Equal(t, held[int32(o)], n >= 0) && n >= 0 {
					assert.Equal(t, int32(k+1), tree.group[n])
				}
			}
		}
		for node := range held {
			for _, to := range g.refs(node) {
				if tree.number[to] >= 0 {
					assert.GreaterOrEqual(t, tree.number[node], int32(0), "node %d leads to node %d", node, to)
				}
			}
		}
	}
}

// A weight is that of the leaked objects which can't be reached without the node and were not taken.
func TestWeights(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 500 {
		g := made(r)
		tree := g.tree(leaksOf(r, g))
		tree.weigh(sizeOf)
		left := make(map[int32]int32) // the leaked objects that have not been taken, and their groups
		for i, node := range tree.node {
			if tree.group[i] > 0 {
				left[node] = tree.group[i]
			}
		}
		all := g.reached(-1)
		held := func(at int32) (objects []int32) {
			without := g.reached(at)
			for o := range left {
				if all[o] && (o == at || !without[o]) {
					objects = append(objects, o)
				}
			}
			return objects
		}
		for range 3 {
			for i, node := range tree.node {
				if !all[node] {
					continue
				}
				want := int64(0)
				for _, o := range held(node) {
					want += sizeOf(o)
				}
				if !assert.Equal(t, want, tree.weight[i], "the weight of node %d", node) {
					return
				}
			}
			at := r.IntN(len(tree.node))
			if !all[tree.node[at]] {
				continue
			}
			want := held(tree.node[at])
			var taken []int32
			tree.take(int32(at), func(o, group int32) {
				taken = append(taken, o)
				assert.Equal(t, left[o], group)
				delete(left, o)
			})
			assert.ElementsMatch(t, want, taken)
		}
	}
}

// The retained size of a node is that of the objects which can't be reached without it.
func TestRetained(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	for range 500 {
		g := made(r)
		got, all := g.retained(sizeOf), g.reached(-1)
		for node := range int32(g.nodes()) {
			without, want := g.reached(node), int64(0)
			for o := range g.objects {
				if all[node] && all[o] && !without[o] {
					want += sizeOf(o)
				}
			}
			if !assert.Equal(t, want, got[node], "node %d", node) {
				return
			}
		}
	}
}

func BenchmarkRetained(b *testing.B) {
	const n = 1 << 20
	r := rand.New(rand.NewPCG(15, 16))
	g := &graph{objects: n, roots: make([]root, 100), links: links{from: []int32{0}}}
	for range n {
		for range r.IntN(4) {
			g.to = append(g.to, r.Int32N(n))
		}
		g.from = append(g.from, int32(len(g.to)))
	}
	for i := range g.roots {
		g.to = append(g.to, g.rootNode(i))
	}
	g.from = append(g.from, int32(len(g.to)))
	for range g.roots {
		g.to = append(g.to, r.Int32N(n))
		g.from = append(g.from, int32(len(g.to)))
	}
	g.reverse()
	b.ReportAllocs()
	for b.Loop() {
		g.retained(sizeOf)
	}
}

// The roots of an object are those that it can be reached from.
func TestCountRoots(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 1000 {
		g := made(r)
		for i := range g.roots {
			g.roots[i].rank = rank(r.IntN(int(onStack)))
		}
		groups := leaksOf(r, g)
		var objects []int32
		for _, group := range groups {
			for _, o := range group {
				objects = append(objects, int32(o))
			}
		}
		for range r.IntN(8) { // until there are more than 64
			objects = append(objects, objects...)
		}
		want := make([]int, len(objects))
		for i := range g.roots {
			if g.roots[i].rank != ofVariable {
				continue
			}
			from := g.reachedFrom(g.rootNode(i), -1)
			for k, o := range objects {
				if from[o] {
					want[k]++
				}
			}
		}
		if !assert.Equal(t, want, g.tree(groups).countRoots(objects)) {
			return
		}
	}
}

// Nodes of a component can be reached from each other, and come after all others that they lead to.
func TestComponents(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	for range 500 {
		g := made(r)
		tree := g.tree(leaksOf(r, g))
		order, of := tree.components()
		assert.Len(t, order, len(tree.node))
		at := make([]int, len(order))
		for i, n := range order {
			at[n] = i
		}
		for a, node := range tree.node {
			from := g.reachedFrom(node, -1)
			for b, other := range tree.node {
				if !from[other] {
					continue
				}
				mutual := g.reachedFrom(other, -1)[node]
				if !assert.Equal(t, mutual, of[a] == of[b]) || !mutual && !assert.Greater(t, at[a], at[b]) {
					return
				}
			}
		}
	}
}
