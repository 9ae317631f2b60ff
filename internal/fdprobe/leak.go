package fdprobe

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procfd"
)

// few is how many descriptors of one sort still have a line each.
const few = 4

func leak(d procfd.FD) probe.Leak {
	l := probe.Leak{
		Kind: Kind, Unit: "descriptor", Traceable: "openers", Resource: d,
		ID:      fmt.Sprintf("%d %x:%x:%x:%x", d.Num, d.Of.Dev, d.Of.Ino, d.Of.Type, d.Of.Born),
		Names:   []string{strconv.Itoa(d.Num)},
		Columns: columns(d),
		Origin:  origin(d),
		Whole:   d.Kind == procfd.KindTCP && d.Remote != "",
	}
	l.SetPlace(place(d))
	for _, phrase := range d.Detail {
		l.AddEvidence("detail", phrase)
	}
	for _, phrase := range d.Missing {
		l.AddEvidence("not read", phrase)
	}
	return l
}

// changes returns the row of a descriptor in a table: it was not open before.
func changes(l probe.Leak) []probe.Change {
	d, ok := l.Resource.(procfd.FD)
	if !ok {
		return nil
	}
	return []probe.Change{{Name: strconv.Itoa(d.Num), After: strings.Join(columns(d), "  ")}}
}

// columns returns a descriptor's kind, its path or addresses, and its flags or state.
func columns(d procfd.FD) []string {
	if isSocket(d) {
		return without("", string(d.Kind), ends(d), d.State)
	}
	kind, path := string(d.Kind), pathOf(d)
	if d.Kind == procfd.KindFile && path != "" {
		kind = "" // the path shows it
	}
	return without("", kind, path, d.Flags)
}

func isSocket(d procfd.FD) bool { return d.Local != "" || d.Remote != "" || d.State != "" }

func ends(d procfd.FD) string {
	if d.Remote == "" {
		return printable(d.Local)
	}
	return printable(d.Local) + " → " + printable(d.Remote)
}

// pathOf returns the path of a descriptor, "" if the kind shows it already: "pipe:[4711]".
func pathOf(d procfd.FD) string {
	if strings.HasPrefix(d.Path, "pipe:") || strings.HasPrefix(d.Path, "anon_inode:") {
		return ""
	}
	path := printable(names.Path(d.Path))
	if d.Deleted {
		path += " (deleted)"
	}
	return path
}

// printable quotes a name that would break its line or control a terminal.
func printable(name string) string {
	if !utf8.ValidString(name) || strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(name)
	}
	return name
}

func without(what string, from ...string) []string {
	return slices.DeleteFunc(from, func(s string) bool { return s == what })
}

// origin returns what all descriptors that one place opens have in common. It omits the folder,
// which may be new each time, and a socket's state and peer.
func origin(d procfd.FD) string {
	switch {
	case d.State == "LISTEN":
		return string(d.Kind) + " LISTEN"
	case slices.Contains(procfd.Sockets, d.Kind):
		return string(d.Kind)
	}
	flags := without("O_NONBLOCK", strings.Split(d.Flags, "|")...) // File.Fd changes this flag
	return strings.TrimSpace(string(d.Kind) + " " + strings.Join(flags, "|"))
}

// shapes returns the columns that a descriptor's leak may share with others, the most specific
// first and those of its origin last.
func shapes(l probe.Leak) [][]string {
	d, ok := l.Resource.(procfd.FD)
	kind, origin := string(d.Kind), strings.Fields(l.Origin)
	switch {
	case !ok:
		return nil
	case !isSocket(d):
		return [][]string{columns(d), origin}
	case d.Remote == "":
		return [][]string{{kind, ends(d)}, origin}
	}
	return [][]string{{kind, "… → " + printable(d.Remote)}, {kind, printable(d.Local) + " → …"}, origin}
}

// shared returns a leak as one of several with common columns. If these are the columns of the
// origin, the leak's name shows its own path or addresses.
func shared(l probe.Leak, columns []string, states ...string) probe.Leak {
	d := l.Resource.(procfd.FD)
	name := pathOf(d)
	if isSocket(d) {
		name = ends(d)
	}
	if name != "" && slices.Equal(columns, strings.Fields(l.Origin)) {
		l.Names = []string{l.Names[0] + " " + name}
	}
	l.Columns = columns
	if len(states) > 0 {
		states = slices.Compact(slices.Sorted(slices.Values(states)))
		l.Columns = append(slices.Clone(columns), strings.Join(states, ", "))
	}
	l.Evidence = slices.DeleteFunc(slices.Clone(l.Evidence), func(e probe.Evidence) bool { return e.Label == "detail" })
	return l
}

// together makes leaks share a line if many have the same shape.
func together(leaks []probe.Leak) {
	key := func(shape []string) string { return strings.Join(shape, "\t") }
	count := make(map[string]int)
	for _, l := range leaks {
		for _, s := range shapes(l) {
			count[key(s)]++
		}
	}
	common := make(map[int][]string)
	states := make(map[string][]string)
	for i, l := range leaks {
		all := shapes(l)
		at := slices.IndexFunc(all, func(s []string) bool { return count[key(s)] > few })
		if at < 0 {
			continue
		}
		common[i] = all[at]
		if state := l.Resource.(procfd.FD).State; state != "" && !slices.Contains(all[at], state) {
			states[key(all[at])] = append(states[key(all[at])], state)
		}
	}
	for i, s := range common {
		leaks[i] = shared(leaks[i], s, states[key(s)]...)
	}
}
