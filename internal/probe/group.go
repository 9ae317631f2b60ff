package probe

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Group merges leaks that look the same into one with a count. It sorts them so that the order does
// not depend on chance: by kind in the order of the probes, the largest first, then the most
// frequent, then by their text.
func Group(leaks []Leak, kinds []string) []Leak {
	type key struct{ kind, text string }
	type group struct {
		Leak
		look string
	}
	at := make(map[key]*group)
	var groups []*group // a Leak is large, and sorting moves it often
	for _, l := range leaks {
		k := key{l.Kind, look(l)}
		g := at[k]
		if g == nil {
			l.Count, l.Names, l.Changes, l.Places = l.N(), slices.Clone(l.Names), slices.Clone(l.Changes), slices.Clone(l.Places)
			g = &group{l, k.text}
			at[k], groups = g, append(groups, g)
			continue
		}
		g.Count += l.N()
		g.Bytes += l.Bytes
		g.Names = append(g.Names, l.Names...)
		g.Changes = append(g.Changes, l.Changes...)
		g.Places = append(g.Places, l.Places...)
		g.Proven, g.Owned = g.Proven && l.Proven, g.Owned && l.Owned
	}
	for _, g := range groups {
		g.Places = MergePlaces(g.Places)
		// Sort numbers by their value.
		slices.SortFunc(g.Names, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) })
	}
	rank := make(map[string]int, len(kinds))
	for i, k := range kinds {
		if _, seen := rank[k]; !seen {
			rank[k] = i
		}
	}
	slices.SortFunc(groups, func(a, b *group) int { // no two look the same
		return cmp.Or(
			cmp.Compare(rank[a.Kind], rank[b.Kind]),
			cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(b.Bytes, a.Bytes),
			cmp.Compare(b.Count, a.Count),
			cmp.Compare(a.look, b.look))
	})
	grouped := slices.Grow([]Leak(nil), len(groups))
	for _, g := range groups {
		grouped = append(grouped, g.Leak)
	}
	return grouped
}

// look returns everything that a reader sees of a leak except its count, and what distinguishes it
// before it is explained.
func look(l Leak) string {
	var b strings.Builder
	row := func(cols []string) {
		for _, c := range cols {
			b.WriteString(c)
			b.WriteByte('\t')
		}
		b.WriteByte('\n')
	}
	row(l.Columns)
	row([]string{l.Unit, l.Units, strconv.FormatBool(l.Stray), l.Origin})
	for _, e := range l.Evidence {
		b.WriteString(e.Label)
		b.WriteByte('\t')
		row(e.Columns)
	}
	row(slices.Sorted(slices.Values(l.Tests)))
	return b.String()
}

// Join makes one finding of each leaked connection and the goroutines that serve it: a leak that is
// a Whole takes in those that are its Part. It does so only if there is one sort of connection, and
// as many of each goroutine as there are connections. Otherwise nobody can tell which belong
// together.
func Join(leaks []Leak) []Leak {
	var rest, parts []Leak
	var wholes []int // in rest
	connections := int64(0)
	for _, l := range leaks {
		switch {
		case l.Part != "":
			parts = append(parts, l)
			continue
		case l.Whole:
			wholes = append(wholes, len(rest))
			connections += l.N()
		}
		rest = append(rest, l)
	}
	if len(parts) == 0 || slices.ContainsFunc(parts, func(p Leak) bool { return p.Part != parts[0].Part || p.N() != connections }) {
		return leaks
	}
	for _, at := range wholes {
		w := &rest[at]
		for _, p := range parts {
			p.Count = w.N()
			w.Parts = append(w.Parts, p)
			for _, e := range p.Evidence {
				if e.Label == "called from" && !slices.ContainsFunc(w.Evidence, func(o Evidence) bool { return o.Label == e.Label }) {
					w.Evidence = append(slices.Clip(w.Evidence), e)
				}
			}
		}
	}
	return rest
}
