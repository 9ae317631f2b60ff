package page

import (
	"cmp"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/leaktest/finding"
)

// A node is one step on the ways from roots to what has leaked.
type node struct {
	Text     string
	Suspect  bool  // the container that holds most of what has leaked
	Retained int64 // the retained size in bytes, 0 if it is not known
	Children []*node
}

// mostSteps is how many steps of a way are drawn. The last of them has the rest of the text.
const mostSteps = 40

// treeOf returns the roots of the ways in a finding. Ways that begin alike share their nodes. If the
// suspect is on none of the ways, it is a root of its own.
func treeOf(f finding.Finding) (roots []*node) {
	known := make(map[string][]finding.Step)
	for _, w := range f.Ways {
		text := ""
		for _, s := range w.Steps {
			text += s.Text
		}
		known[text] = w.Steps
	}
	marked := false
	for _, way := range f.Holder[:min(mostItems, len(f.Holder))] {
		level, passed := &roots, ""
		for _, step := range stepsOf(way, known[way]) {
			passed += step.Text
			text := shown(strings.TrimSpace(step.Text))
			i := slices.IndexFunc(*level, func(n *node) bool { return n.Text == text })
			if i < 0 {
				i = len(*level)
				*level = append(*level, &node{Text: text, Retained: step.Retained})
			}
			n := (*level)[i]
			if f.Suspect != "" && container(passed) == container(f.Suspect) {
				n.Suspect, marked = true, true
				n.Retained = cmp.Or(f.Retained, n.Retained)
			}
			level = &n.Children
		}
	}
	if f.Suspect != "" && !marked {
		roots = append([]*node{{Text: shown(f.Suspect), Suspect: true, Retained: f.Retained}}, roots...)
	}
	return roots
}

// stepsOf returns the steps of a way: the known ones or, in the lines of an earlier version, those that
// its text shows.
func stepsOf(way string, known []finding.Step) (all []finding.Step) {
	if len(known) > 0 {
		return known[:min(mostSteps, len(known))]
	}
	for _, text := range steps(clip(way)) {
		all = append(all, finding.Step{Text: text})
	}
	return all
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
