package page

import (
	"slices"
	"strings"
)

// A node is one step on the ways from roots to what has leaked.
type node struct {
	Text     string
	Suspect  bool // the container that holds most of what has leaked
	Children []*node
}

// mostSteps is how many steps of a way are drawn. The last of them has the rest of the text.
const mostSteps = 40

// treeOf returns the roots of the ways in Finding.Holder. Ways that begin alike share their nodes.
// If a suspect is on none of the ways, it is a root of its own.
func treeOf(ways []string, suspect string) (roots []*node) {
	marked := false
	for _, way := range ways {
		level, passed := &roots, ""
		for _, step := range steps(clip(way)) {
			passed += step
			text := printable(strings.TrimSpace(step))
			i := slices.IndexFunc(*level, func(n *node) bool { return n.Text == text })
			if i < 0 {
				i = len(*level)
				*level = append(*level, &node{Text: text})
			}
			n := (*level)[i]
			if suspect != "" && container(passed) == container(suspect) {
				n.Suspect, marked = true, true
			}
			level = &n.Children
		}
	}
	if suspect != "" && !marked {
		roots = append([]*node{{Text: shown(suspect), Suspect: true}}, roots...)
	}
	return roots
}

// container returns the text of a way without what tells a sync.Map from a map.
func container(way string) string { return strings.TrimSuffix(strings.TrimSpace(way), " (sync.Map)") }

// steps cuts a way into its steps. Joined, they are the way again:
//
//	shop.TestX: cache.items["a.b"].(*shop.Item) → *shop.Item
//
// has the steps `shop.TestX:`, ` cache`, `.items`, `["a.b"]`, `.(*shop.Item)` and ` → *shop.Item`.
// The root of a way may be a package variable, a variable of a function, a closure, or words. Steps
// into closures are those that internal/retain writes: " func NAME captures VARIABLE".
func steps(way string) (all []string) {
	start := 0
	cut := func(at int) {
		if at > start && len(all) < mostSteps-1 {
			all, start = append(all, way[start:at]), at
		}
	}
	head, _, _ := strings.Cut(way, " → ")
	name := rootName(head) // in which a dot is no step
	for i := 0; i < len(way); {
		rest := way[i:]
		switch {
		case strings.HasPrefix(rest, " → "):
			cut(i)
			i += len(" → ")
			i = skipType(way, i)
			continue
		case i < name:
			i = name
			cut(i)
			continue
		case strings.HasPrefix(rest, " func "):
			cut(i)
			i = closureEnd(way, i+len(" func "))
			cut(i)
			continue
		case strings.HasPrefix(rest, " ("): // the type of the container before
			i = skip(way, i+1)
			continue
		case rest[0] == '[':
			cut(i)
			i = skip(way, i)
			continue
		case strings.HasPrefix(rest, ".("):
			cut(i)
			i = skip(way, i+1)
			continue
		case rest[0] == '.':
			cut(i)
		}
		i++
	}
	if start < len(way) {
		all = append(all, way[start:])
	}
	return all
}

// rootName returns the length of the name of a way's root.
func rootName(head string) int {
	end := strings.IndexAny(head, "[(")
	if end < 0 {
		end = len(head)
	}
	if strings.HasPrefix(head, "func ") {
		return closureEnd(head, len("func "))
	}
	if before, _, found := strings.Cut(head, ": "); found { // a function, which may have a receiver
		return len(before) + 1
	}
	dot := strings.IndexByte(head[:end], '.')
	if dot < 0 || strings.Contains(head[:dot], " ") {
		return max(dot, 0)
	}
	if second := strings.IndexByte(head[dot+1:end], '.'); second >= 0 { // a package variable
		return dot + 1 + second
	}
	return end
}

// closureEnd returns where the step into a closure ends whose function's name begins at i.
func closureEnd(way string, i int) int {
	const captures = " captures"
	end := strings.Index(way[i:], captures)
	arrow := strings.Index(way[i:], " → ")
	switch {
	case end >= 0 && (arrow < 0 || end < arrow):
		return i + end + len(captures)
	case arrow >= 0:
		return i + arrow
	}
	return len(way)
}

// skipType returns where the text of a type ends: at the next arrow.
func skipType(way string, i int) int {
	if next := strings.Index(way[i:], " → "); next >= 0 {
		return i + next
	}
	return len(way)
}

// skip returns what follows the bracket at i, with all between it and its partner. Keys of maps are
// written as in Go, so there may be brackets in a string.
func skip(way string, i int) int {
	depth := 0
	for ; i < len(way); i++ {
		switch way[i] {
		case '[', '(', '{':
			depth++
		case ']', ')', '}':
			if depth--; depth <= 0 {
				return i + 1
			}
		case '"':
			for i++; i < len(way) && way[i] != '"'; i++ {
				if way[i] == '\\' {
					i++
				}
			}
		}
	}
	return len(way)
}
