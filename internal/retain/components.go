package retain

// components returns the nodes by strongly connected components, and the number of each node's
// component: a node refers to nodes of its own component and of those before it. It is the algorithm
// of Tarjan (1972).
func (t *tree) components() (order, of []int32) {
	order, of = make([]int32, 0, len(t.node)), make([]int32, len(t.node))
	low := make([]int32, len(t.node)) // the least number of a node without a component that is reached
	for i := range of {
		of[i], low[i] = -1, -1
	}
	type entered struct {
		number int32
		refs   []int32 // that have not been followed
	}
	var stack []entered
	var open []int32 // nodes that were entered and have no component
	enter := func(n int32) {
		low[n] = n
		open = append(open, n)
		stack = append(stack, entered{n, t.g.refs(t.node[n])})
	}
	count := int32(0)
	for enter(treeRoot); len(stack) > 0; {
		v := &stack[len(stack)-1]
		n := v.number
		if len(v.refs) > 0 {
			to := t.number[v.refs[0]]
			v.refs = v.refs[1:]
			switch {
			case to < 0:
			case low[to] < 0:
				enter(to)
			case of[to] < 0:
				low[n] = min(low[n], low[to])
			}
			continue
		}
		stack = stack[:len(stack)-1]
		if low[n] < n {
			parent := stack[len(stack)-1].number
			low[parent] = min(low[parent], low[n])
			continue
		}
		for of[n] < 0 {
			member := open[len(open)-1]
			open = open[:len(open)-1]
			of[member] = count
			order = append(order, member)
		}
		count++
	}
	return order, of
}
