package retain

// links are the references among nodes that are numbered from 0.
type links struct {
	// to are the nodes referred to, by the node that refers: those of node i are to[from[i]:from[i+1]].
	from, to []int32
	// by are the nodes that refer, by the node referred to: those of node i are by[refsTo[i]:refsTo[i+1]].
	refsTo, by []int32
}

func (l *links) nodes() int { return len(l.from) - 1 }

// refs returns the nodes that a node refers to.
func (l *links) refs(node int32) []int32 { return l.to[l.from[node]:l.from[node+1]] }

// holders returns the nodes that refer to a node.
func (l *links) holders(node int32) []int32 { return l.by[l.refsTo[node]:l.refsTo[node+1]] }

// reverse sets refsTo and by.
func (l *links) reverse() {
	from := make([]int32, len(l.from)+1)
	for _, o := range l.to {
		from[o+2]++
	}
	for i := 2; i < len(from); i++ {
		from[i] += from[i-1]
	}
	by := make([]int32, len(l.to))
	for node := range int32(l.nodes()) {
		for _, o := range l.refs(node) {
			by[from[o+1]] = node
			from[o+1]++
		}
	}
	l.refsTo, l.by = from, by
}
