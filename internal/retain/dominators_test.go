package retain

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
)

// made returns a graph of objects and roots with random references.
func made(r *rand.Rand) *graph {
	g := &graph{objects: int32(r.IntN(30)), roots: make([]root, 1+r.IntN(4))}
	g.from = []int32{0}
	some := func() {
		for range r.IntN(4) {
			if g.objects > 0 {
				g.to = append(g.to, r.Int32N(g.objects))
			}
		}
		g.from = append(g.from, int32(len(g.to)))
	}
	for range g.objects {
		some()
	}
	for i := range g.roots {
		g.to = append(g.to, g.rootNode(i))
	}
	g.from = append(g.from, int32(len(g.to)))
	for range g.roots {
		some()
	}
	g.reverse()
	return g
}

// reached returns what can be reached from the process without a node.
func (g *graph) reached(without int32) map[int32]bool { return g.reachedFrom(g.process(), without) }

func (g *graph) reachedFrom(start, without int32) map[int32]bool {
	seen := make(map[int32]bool)
	if without == start {
		return seen
	}
	for queue := []int32{start}; len(queue) > 0; queue = queue[1:] {
		if node := queue[0]; !seen[node] {
			seen[node] = true
			for _, to := range g.refs(node) {
				if to != without {
					queue = append(queue, to)
				}
			}
		}
	}
	return seen
}

// idom returns for each node its dominator, -1 for the process and what it does not hold.
func (g *graph) idom() []int32 {
	number := make([]int32, g.nodes())
	for i := range number {
		number[i] = wanted
	}
	nodes, dominators := g.dominators(g.process(), number)
	idom := slices.Repeat([]int32{-1}, g.nodes())
	for i, d := range dominators[1:] {
		idom[nodes[i+1]] = nodes[d]
	}
	return idom
}

// A node dominates those that can't be reached without it; the dominator of a node is the last of
// them on the way to it.
func TestDominators(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		g := made(r)
		idom := g.idom()
		all := g.reached(-1)
		without := make([]map[int32]bool, g.nodes())
		for i := range without {
			without[i] = g.reached(int32(i))
		}
		dominates := func(a, b int32) bool { return a != b && all[b] && !without[a][b] }
		for node := range int32(g.nodes()) {
			want := int32(-1)
			for other := range int32(g.nodes()) {
				if dominates(other, node) && (want < 0 || dominates(want, other)) {
					want = other
				}
			}
			if !assert.Equal(t, want, idom[node], "the dominator of node %d", node) {
				return
			}
		}
	}
}

// A long list whose objects refer back takes neither deep recursion nor long.
func TestDominatorsOfALongList(t *testing.T) {
	const n = 200_000
	g := &graph{objects: n, roots: make([]root, 1)}
	g.from = []int32{0}
	for i := range int32(n) {
		if i > 0 {
			g.to = append(g.to, i-1)
		}
		if i < n-1 {
			g.to = append(g.to, i+1)
		}
		g.from = append(g.from, int32(len(g.to)))
	}
	g.to = append(g.to, g.rootNode(0), 0)
	g.from = append(g.from, int32(len(g.to)-1), int32(len(g.to)))
	g.reverse()
	idom := g.idom()
	for i := 1; i < n; i++ {
		if !assert.Equal(t, int32(i-1), idom[i]) {
			return
		}
	}
}
