package retain

import (
	"slices"

	"github.com/leakassert/leakassert/internal/heapdump"
)

// A graph has objects, numbered as in the dump, then a node that stands for the whole process, then
// the roots.
type graph struct {
	dump    *heapdump.Dump
	objects int32 // how many the dump has
	symbols Symbols
	roots   []root
	locals  map[local]rank
	static  []static // sorted by what they point at
	links
	parent []int32 // on the shortest way from the best root; -1 if nothing holds the node
}

func (g *graph) process() int32        { return g.objects }
func (g *graph) rootNode(i int) int32  { return g.process() + 1 + int32(i) }
func (g *graph) root(node int32) *root { return &g.roots[node-g.process()-1] }
func (g *graph) isObject(i int32) bool { return i < g.process() }

// newGraph reads the references of a dump. It searches for no ways yet.
func newGraph(d *heapdump.Dump, s Symbols) *graph {
	g := &graph{dump: d, objects: int32(d.Len()), symbols: s, locals: make(map[local]rank)}
	g.findRoots()
	g.from = make([]int32, int(g.objects)+1+len(g.roots)+1)
	g.to = make([]int32, 0, 2*d.Len())
	processors, list := g.processors()
	for i := range d.Len() {
		for _, o := range d.Refs(i) {
			if processors[int32(o)] && !list[int32(i)] {
				continue // every timer refers to the timers of its processor: that holds nothing
			}
			g.to = append(g.to, int32(o))
		}
		g.from[i+1] = int32(len(g.to))
	}
	for i, r := range g.roots {
		if r.rank < onStack && r.rank != inChecks && r.rank != amongChecks { // what only may be a pointer says nothing about who holds what
			g.to = append(g.to, g.rootNode(i))
		}
	}
	g.from[g.process()+1] = int32(len(g.to))
	for i, r := range g.roots {
		for _, r := range r.refs {
			g.to = append(g.to, r.object)
		}
		g.from[g.rootNode(i)+1] = int32(len(g.to))
	}
	return g
}

// processors returns the runtime's processors, and the objects that list them.
func (g *graph) processors() (all, list map[int32]bool) {
	all, list = make(map[int32]bool), make(map[int32]bool)
	for _, r := range g.roots {
		if r.rank != ofTimer {
			continue
		}
		for _, ref := range r.refs {
			list[ref.object] = true
			for _, p := range g.dump.Refs(int(ref.object)) {
				all[int32(p)] = true
			}
		}
	}
	return all, list
}

// search finds the shortest way from the roots that count to every node, first from those of the lowest
// rank. No way leads through the dead ends.
func (g *graph) search(counts func(*root) bool, deadEnds ...int32) {
	g.parent = make([]int32, g.nodes())
	for i := range g.parent {
		g.parent[i] = -1
	}
	for _, node := range deadEnds {
		g.parent[node] = node
	}
	order := make([]int32, 0, len(g.parent)) // in which nodes are reached
	g.parent[g.process()] = g.process()
	for next, r := 0, 0; r < len(g.roots); {
		for rank := g.roots[r].rank; r < len(g.roots) && g.roots[r].rank == rank; r++ {
			if counts(&g.roots[r]) {
				g.parent[g.rootNode(r)] = g.process()
				order = append(order, g.rootNode(r))
			}
		}
		for ; next < len(order); next++ {
			for _, to := range g.refs(order[next]) {
				if g.parent[to] < 0 {
					g.parent[to] = order[next]
					order = append(order, to)
				}
			}
		}
	}
}

// way returns the nodes from a root to a node, both included; nil if nothing holds it.
func (g *graph) way(node int32) (way []int32) {
	if g.parent[node] < 0 {
		return nil
	}
	for ; node != g.process(); node = g.parent[node] {
		way = append(way, node)
	}
	slices.Reverse(way)
	return way
}
