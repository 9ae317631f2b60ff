// Package retain finds out what holds leaked objects: the shortest way from a package variable, a
// goroutine's call or a finalizer to each, and the containers that hold most of them.
package retain

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/heapdump"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/stored"
	"github.com/leakassert/leakassert/internal/symbols"
)

// Symbols names what is at an address. Nothing has a name without symbols.
type Symbols interface {
	Variable(addr uint64) (symbols.Variable, bool)
	Closure(pc uint64) ([]symbols.Captured, bool)
	Local(pc, cfa, addr uint64) (symbols.Local, bool)
}

// None are no symbols.
type None struct{}

func (None) Variable(uint64) (v symbols.Variable, ok bool)     { return }
func (None) Closure(uint64) (vars []symbols.Captured, ok bool) { return }
func (None) Local(_, _, _ uint64) (l symbols.Local, ok bool)   { return }

// A Path is the way to one object.
type Path struct {
	// Text is the way as Go would write it: "server.sessions[\"a\"].user".
	Text string
	// Steps are the parts of Text, each with the retained size of what it leads to. Joined, they are
	// Text.
	Steps []probe.Step
	// Type is the object's type, "" if it is not known.
	Type string
	// Variables is how many other package variables hold it.
	Variables int
	// Names are the variables, types and fields on the way, short and with their paths.
	Names []string
	// Container is the way to the container whose inside the object is a part of, such as a node of
	// a sync.Map; "" for other objects.
	Container string
	// Stores is what the object is stored in.
	Stores stored.Container

	object int32
	places []passed
	nodes  []int32 // that the steps lead to
}

// A Suspect is a container that holds leaked objects.
type Suspect struct {
	// Name is the way to the container, Type its type: "server.sessions", "map[string]*session".
	Name, Type string
	// Names are the variables, types and fields on the way to the container, and its own.
	Names []string
	// Retained is the size of all objects that would be garbage without the container, in bytes.
	Retained int64
	// Named says that Name has names only, without a reference that is not known.
	Named bool
	// Main is the group of which it holds most bytes, if these are not a part of the container's
	// inside. If it holds many objects of another group, one object alone is such a part: the array
	// of a slice that has grown. Path is the way to one of Main's objects.
	Main int
	Path Path
	// Held has what the container holds of each group, by group.
	Held map[int]Amount
	// Stores is the container as the source has it.
	Stores stored.Container

	node int32
}

// many is how many objects of one group are a series, each like the others.
const many = 8

// An Amount is a number of objects and their bytes.
type Amount struct{ Objects, Bytes int64 }

// Found is what holds groups of objects.
type Found struct {
	Suspects []Suspect // the one that holds most bytes first
	// Paths has a way to one object of each group; Text is "" if nothing in the dump holds it.
	Paths []Path
	// All has all objects of each group.
	All []Amount
}

const (
	mostSuspects = 5
	// A suspect holds at least a tenth of all bytes.
	leastShare = 10
)

// Find finds what holds the groups of objects of a dump.
func Find(d *heapdump.Dump, s Symbols, groups [][]int) Found {
	g := newGraph(d, s)
	g.reverse()
	g.search(func(*root) bool { return true })
	sp := &speller{g: g}
	t := g.tree(groups)
	found := Found{Paths: make([]Path, len(groups)), All: make([]Amount, len(groups))}
	var paths []*Path
	for i, objects := range groups {
		for _, o := range objects {
			found.All[i] = found.All[i].plus(g.size(o))
		}
		if o, ok := g.typical(objects); ok {
			found.Paths[i] = sp.path(o)
			paths = append(paths, &found.Paths[i])
		}
	}
	found.Suspects = g.suspects(sp, t, groups)
	for i := range found.Suspects {
		paths = append(paths, &found.Suspects[i].Path)
	}
	ends := make([]int32, len(paths))
	for i, p := range paths {
		ends[i] = p.object
	}
	for i, n := range t.countRoots(ends) {
		if p := paths[i]; n > 0 && g.root(g.way(p.object)[0]).rank == ofVariable {
			n--
		}
		paths[i].Variables = n
	}
	if len(paths) > 0 && g.nodes() <= mostWeighed {
		g.addRetained(found.Suspects, paths)
	}
	return found
}

func (a Amount) plus(b Amount) Amount { return Amount{a.Objects + b.Objects, a.Bytes + b.Bytes} }

func (g *graph) size(object int) Amount { return Amount{1, int64(len(g.dump.Bytes(object)))} }

// typical returns one of the objects, from the middle of those that something holds.
func (g *graph) typical(objects []int) (int32, bool) {
	held := make([]int32, 0, len(objects))
	for _, o := range objects {
		if g.parent[o] >= 0 {
			held = append(held, int32(o))
		}
	}
	if len(held) == 0 {
		return 0, false
	}
	return held[len(held)/2], true
}

func (s *speller) path(object int32) Path {
	way := s.g.way(object)
	w := s.spell(way)
	if r := s.g.root(way[0]); r.rank >= ofIdle && r.rank != unknownOwner && !r.cleanup && strings.Contains(w.holder, unknownStep) {
		w.holder, w.steps, w.nodes = "", nil, nil // it says nothing
	}
	p := Path{Text: w.holder, Type: w.typ, Names: w.names, Container: w.container, Steps: w.steps, object: object, places: w.places, nodes: w.nodes}
	if !strings.Contains(w.holder, unknownStep) { // otherwise the last known place is not the holder
		p.Stores = stores(w.places)
	}
	return p
}

// suspects returns the containers that hold most of the objects.
func (g *graph) suspects(sp *speller, t *tree, groups [][]int) (suspects []Suspect) {
	total := int64(0)
	for _, objects := range groups {
		for _, o := range objects {
			if g.parent[o] >= 0 {
				total += g.size(o).Bytes
			}
		}
	}
	if total == 0 {
		return nil
	}
	t.weigh(func(object int32) int64 { return g.size(int(object)).Bytes })
	for range mostSuspects {
		at, shown := g.container(t)
		if at == treeRoot || t.weight[at]*leastShare < total {
			break
		}
		s := Suspect{Held: make(map[int]Amount)}
		objects := make(map[int][]int)
		t.take(at, func(object, group int32) {
			k := int(group) - 1
			s.Held[k] = s.Held[k].plus(g.size(int(object)))
			objects[k] = append(objects[k], int(object))
		})
		s.Name, s.Type, s.Names, s.Named = sp.container(t.node[shown])
		s.node = t.node[shown]
		series := slices.ContainsFunc(slices.Collect(maps.Values(s.Held)), func(a Amount) bool { return a.Objects >= many })
		alone := func(k int) int {
			if series && s.Held[k].Objects == 1 {
				return 1
			}
			return 0
		}
		largest := slices.SortedFunc(maps.Keys(s.Held), func(a, b int) int {
			return cmp.Or(cmp.Compare(alone(a), alone(b)), cmp.Compare(s.Held[b].Bytes, s.Held[a].Bytes), cmp.Compare(a, b))
		})
		for i := len(largest) - 1; i >= 0; i-- {
			sample, _ := g.typical(objects[largest[i]])
			if p := sp.path(sample); i == 0 && s.Path.Text == "" || p.Container != s.Name {
				s.Main, s.Path = largest[i], p
			}
		}
		s.Stores = sp.stores(at == shown, t.node[shown], s.Path.places)
		suspects = append(suspects, s)
	}
	slices.SortStableFunc(suspects, func(a, b Suspect) int { return cmp.Compare(b.bytes(), a.bytes()) })
	return suspects
}

func (s Suspect) bytes() (n int64) {
	for _, a := range s.Held {
		n += a.Bytes
	}
	return n
}

// container returns the last node that holds nearly everything that has leaked and did not leak
// itself. If a leaked object below it holds all that, such as the array of a slice, shown is that
// object, otherwise it is the node. Where several nodes hold a good part each, it is the one of them that holds
// most.
func (g *graph) container(t *tree) (at, shown int32) {
	at = treeRoot
	all := int64(0) // that the first candidate holds
	for {
		var next int32 = -1
		for _, c := range t.children(at) {
			if next < 0 || t.weight[c] > t.weight[next] {
				next = c
			}
		}
		switch {
		case next < 0:
			return at, at
		case t.group[next] > 0:
			if 10*t.weight[next] >= 9*all {
				return at, next
			}
			return at, at
		case at == treeRoot && leastShare*t.weight[next] >= t.weight[at]:
			at, all = next, t.weight[next]
		case at != treeRoot && 10*t.weight[next] >= 9*all:
			at = next
		case at != treeRoot && !g.isObject(t.node[at]) && 5*t.weight[next] >= t.weight[at]: // a root that holds several containers
			at, all = next, t.weight[next]
		default:
			return at, at
		}
	}
}

// container spells the way to a container.
func (s *speller) container(at int32) (name, typ string, names []string, named bool) {
	if !s.g.isObject(at) {
		r := s.g.root(at)
		if r.variable != nil {
			if t := r.variable.Type(); t != nil {
				return r.name, t.Name(), append(typeNames(t), r.variable.Name, r.variable.Full), true
			}
		}
		return r.name, "", nil, false
	}
	w := s.spell(s.g.way(at))
	if w.holder == timerHeap { // what only the runtime knows
		return "pending timers", "", w.names, true
	}
	if w.inside != nil {
		return w.container, w.inside.Name(), w.names, !strings.Contains(w.container, unknownStep)
	}
	return w.holder, w.typ, w.names, w.typ != "" && !strings.Contains(w.holder, unknownStep)
}

// stores returns the container at a node as the source has it. places are those on the way to one of
// the objects that it holds. A node that is whole holds them by one of its variables or fields.
func (s *speller) stores(whole bool, at int32, places []passed) (c stored.Container) {
	nodes := 1
	if s.g.isObject(at) {
		way := s.g.way(at)
		w := s.spell(way)
		switch {
		case w.inside != nil:
			return stores(w.places[:w.entered])
		case !whole:
			c = stores(w.places)
			c.Links = repeated(places)
			return c
		}
		nodes = len(way)
	}
	i := slices.IndexFunc(places, func(p passed) bool { return p.nodes >= nodes })
	if i < 0 {
		return c
	}
	c = stores(places[:i+1])
	c.Links = repeated(places[i+1:])
	return c
}
