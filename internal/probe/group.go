package probe

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// Group merges leaks that look the same into one with their count, and puts
// them into an order that does not depend on chance: by kind as the probes were
// given, the largest first, then the most frequent, then by their text.
func Group(leaks []Leak, kinds []string) []Leak {
	type key struct{ kind, text string }
	at := make(map[key]int)
	var grouped []Leak
	for _, l := range leaks {
		k := key{l.Kind, look(l)}
		i, seen := at[k]
		if !seen {
			at[k] = len(grouped)
			l.Count, l.Names = l.N(), slices.Clone(l.Names)
			grouped = append(grouped, l)
			continue
		}
		g := &grouped[i]
		g.Count += l.N()
		g.Bytes += l.Bytes
		g.Names = append(g.Names, l.Names...)
		g.Proven, g.Owned = g.Proven && l.Proven, g.Owned && l.Owned
	}
	for _, g := range grouped {
		// Numbers by their size.
		slices.SortFunc(g.Names, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b)) })
	}
	rank := make(map[string]int, len(kinds))
	for i, k := range kinds {
		if _, seen := rank[k]; !seen {
			rank[k] = i
		}
	}
	slices.SortStableFunc(grouped, func(a, b Leak) int {
		return cmp.Or(
			cmp.Compare(rank[a.Kind], rank[b.Kind]),
			cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(b.Bytes, a.Bytes),
			cmp.Compare(b.Count, a.Count),
			cmp.Compare(look(a), look(b)))
	})
	return grouped
}

// look is everything a reader sees of a leak except its count, and what tells it
// apart before it is explained.
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
	row(l.Tests)
	return b.String()
}
