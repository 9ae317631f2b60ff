package retain

import "strings"

// mostWeighed is how many nodes a graph may have for retained sizes: a million take about a second.
const mostWeighed = 4 << 20

// retained returns for each node the size of all objects that would be garbage without it, in bytes:
// those that it dominates, and itself. It is 0 for what no root holds, and for a root whose objects
// others hold as well.
func (g *graph) retained(size func(object int32) int64) []int64 {
	number := make([]int32, g.nodes())
	for i := range number {
		number[i] = wanted
	}
	nodes, dominators := g.dominators(g.process(), number)
	of := make([]int64, g.nodes())
	for i := len(nodes) - 1; i > 0; i-- { // what a node dominates has a higher number
		if g.isObject(nodes[i]) {
			of[nodes[i]] += size(nodes[i])
		}
		of[nodes[dominators[i]]] += of[nodes[i]]
	}
	return of
}

// addRetained adds to suspects, and to the steps of ways, the retained sizes of what they are.
func (g *graph) addRetained(suspects []Suspect, paths []*Path) {
	of := g.retained(func(object int32) int64 { return int64(len(g.dump.Bytes(int(object)))) })
	for i := range suspects {
		s := &suspects[i]
		s.Retained = of[s.node]
		text := ""
		for k, step := range s.Path.Steps { // the node may be a part of the container's inside
			if text += step.Text; strings.TrimSuffix(text, " (sync.Map)") == s.Name && s.Path.nodes[k] != noNode {
				s.Retained = max(s.Retained, of[s.Path.nodes[k]])
			}
		}
	}
	for _, p := range paths {
		for i, node := range p.nodes {
			if node != noNode {
				p.Steps[i].Retained = of[node]
			}
		}
	}
}
