package heapprobe

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/retain"
	"github.com/leakassert/leakassert/internal/stored"
)

// mostHeld is how many of the sites whose objects a container holds are listed.
const mostHeld = 5

// holders has what holds the objects of sites, once a check has failed.
type holders struct {
	found retain.Found
	at    map[*Site]int // the site's group
	types []string      // of the objects of each group, "" where it is not known
}

// holdersOf dumps the heap and finds out what holds the objects of leaks. The note says in one line
// what could not be found out.
func holdersOf(leaks []probe.Leak, symbols string) (h holders, note string) {
	h.at = make(map[*Site]int)
	stacks := make(map[string]int)
	for _, l := range leaks {
		s, ok := l.Resource.(*Site)
		if !ok {
			continue
		}
		stack := retain.Stack(s.stack)
		group, seen := stacks[stack] // objects of other sizes have a site of their own
		if !seen {
			group = len(stacks)
			stacks[stack] = group
			h.types = append(h.types, s.Type())
		}
		h.at[s] = group
	}
	if len(stacks) == 0 {
		return h, ""
	}
	err := retain.Look(symbols, func(v *retain.View) {
		h.found = v.Find(v.AllocatedBy(len(stacks), func(stack string) (int, bool) {
			group, ok := stacks[stack]
			return group, ok
		}))
		if v.Note != "" {
			note = "heap: what holds the objects has " + v.Note
		}
	})
	if err != nil {
		return holders{}, fmt.Sprintf("heap: what holds the objects is not known: %v", err)
	}
	return h, note
}

// suspect returns the container that holds most of a site's objects, -1 if none holds half of them.
func (h holders) suspect(s *Site) int {
	group, ok := h.at[s]
	if !ok {
		return -1
	}
	for i, suspect := range h.found.Suspects {
		if !suspect.Named {
			continue
		}
		if held := suspect.Held[group].Objects; held > 0 && 2*held >= h.found.All[group].Objects {
			return i
		}
	}
	return -1
}

// addPath adds to a site's leak the way to one of its objects, if something is known to hold it.
func (h holders) addPath(l *probe.Leak) {
	l.Stores = &stored.Container{}
	s, isSite := l.Resource.(*Site)
	group, known := h.at[s]
	if !isSite || !known || group >= len(h.found.Paths) {
		return
	}
	p := h.found.Paths[group]
	if h.found.All[group].Objects == 1 { // others may be held by others
		l.Holders = p.Names
	}
	if text := heldBy(p, s.Type()); text != "" {
		l.AddWay("held by", text, wayOf(p, text))
		l.Stores = &p.Stores
	}
}

// heldBy writes the way to an object of a type.
func heldBy(p retain.Path, typ string) string {
	if p.Text == "" {
		return ""
	}
	text := p.Text
	if typ = cmp.Or(typ, p.Type); typ != "" && !strings.HasSuffix(text, ".("+typ+")") {
		text += " → " + typ
	}
	switch more := p.Variables; {
	case more == 1:
		text += ", and 1 more variable"
	case more > 1:
		text += fmt.Sprintf(", and %d more variables", more)
	}
	return text
}

// wayOf returns the steps of a path whose text heldBy has written.
func wayOf(p retain.Path, text string) []probe.Step {
	if len(p.Steps) == 0 {
		return nil
	}
	way := slices.Clone(p.Steps)
	way[len(way)-1].Text += strings.TrimPrefix(text, p.Text)
	return way
}

// told returns the leaks of sites as a reader sees them: one for each suspect with all that it
// holds, and one for each place that allocates what no suspect holds.
func (h holders) told(leaks []probe.Leak) (told []probe.Leak) {
	all := total(leaks)
	held := make([][]probe.Leak, len(h.found.Suspects))
	var rest []probe.Leak
	for _, l := range leaks {
		if s, ok := l.Resource.(*Site); ok {
			if i := h.suspect(s); i >= 0 {
				held[i] = append(held[i], h.partly(l, s, i))
				continue
			}
		}
		rest = append(rest, l)
	}
	for i, its := range held {
		if len(its) > 0 {
			told = append(told, h.suspicion(h.found.Suspects[i], its))
		}
	}
	for _, l := range listed(rest, all) {
		h.addPath(&l)
		told = append(told, l)
	}
	return told
}

func nameAndType(s retain.Suspect) []string {
	return slices.DeleteFunc([]string{s.Name, s.Type}, func(text string) bool { return text == "" })
}

// partly says how many of a site's objects a suspect holds, if it does not hold nearly all of them.
func (h holders) partly(l probe.Leak, s *Site, suspect int) probe.Leak {
	held, all := h.found.Suspects[suspect].Held[h.at[s]].Objects, h.found.All[h.at[s]].Objects
	if !nearlyAll(held, all) {
		l.AddEvidence("", fmt.Sprintf("the suspect holds %d of %d", held, all))
	}
	return l
}

// suspicion makes one finding of a container and the sites whose objects it holds.
func (h holders) suspicion(s retain.Suspect, all []probe.Leak) probe.Leak {
	sites := listed(all, total(all))
	slices.SortStableFunc(sites, func(a, b probe.Leak) int { return cmp.Compare(b.Bytes, a.Bytes) })
	text := heldBy(s.Path, h.types[s.Main])
	path := probe.Evidence{Label: "held by", Columns: []string{text}, Way: wayOf(s.Path, text)}
	l := sites[0]
	l.Stores, l.Retained = &s.Stores, s.Retained
	var retains []probe.Evidence
	if s.Retained > 0 {
		retains = []probe.Evidence{{Label: "retains", Columns: []string{names.Size(float64(s.Retained))}}}
	}
	if h.holdsAll(s, all) {
		l.Holders = s.Names
	}
	if len(sites) == 1 {
		told := append([]probe.Evidence{{Label: "suspect", Columns: nameAndType(s)}}, retains...)
		if site, _ := l.Resource.(*Site); s.Path.Text != "" && s.Path.Text != s.Name && h.at[site] == s.Main {
			told = append(told, path)
		}
		l.Evidence = append(told, l.Evidence...)
		return l
	}
	l.Count, l.Bytes, l.Resource, l.Evidence = 0, 0, nil, retains
	if s.Path.Text != "" {
		l.Evidence = append(l.Evidence, path)
	}
	l.Columns = append([]string{"suspect"}, nameAndType(s)...)
	var places []probe.Place
	for i, site := range sites {
		l.Count, l.Bytes = l.Count+site.Count, l.Bytes+site.Bytes
		places = append(places, site.Places...)
		for _, test := range site.Tests {
			if !slices.Contains(l.Tests, test) {
				l.Tests = append(slices.Clip(l.Tests), test)
			}
		}
		switch {
		case i < mostHeld || len(sites) == mostHeld+1:
			for _, e := range holds(site) {
				if e.Label == "called from" && i > 0 { // one line a site, but for the largest
					continue
				}
				if !slices.ContainsFunc(l.Evidence, func(told probe.Evidence) bool { return told.Label == e.Label && slices.Equal(told.Columns, e.Columns) }) {
					l.Evidence = append(l.Evidence, e)
				}
			}
		case i == mostHeld:
			l.AddEvidence("", fmt.Sprintf("and %d more sites", len(sites)-mostHeld))
		}
	}
	l.Places = probe.MergePlaces(places)
	if l.Unit = "object"; l.Count <= 0 {
		l.Unit = "larger object"
	}
	return l
}

// nearlyAll reports whether a container holds so many of all objects that it holds the others too, as
// far as anybody can tell: a word that is left on a stack may point at any of them.
func nearlyAll(held, all int64) bool { return all-held <= 2 || 20*(all-held) <= all }

// holdsAll reports whether a container holds all objects of sites.
func (h holders) holdsAll(s retain.Suspect, sites []probe.Leak) bool {
	return !slices.ContainsFunc(sites, func(l probe.Leak) bool {
		site, ok := l.Resource.(*Site)
		group, known := h.at[site]
		return !ok || !known || !nearlyAll(s.Held[group].Objects, h.found.All[group].Objects)
	})
}

// holds tells one site of several: where it allocates, and how much of what.
func holds(site probe.Leak) (told []probe.Evidence) {
	amount := fmt.Sprintf("+%d, %s", site.N(), names.Size(float64(site.Bytes)))
	told = slices.Clone(site.Evidence)
	i := slices.IndexFunc(told, func(e probe.Evidence) bool { return e.Label == "allocated" })
	if i < 0 {
		i, told = 0, append([]probe.Evidence{{Label: "allocated"}}, told...)
	}
	told[i].Columns = slices.Concat(told[i].Columns, []string{amount}, site.Columns)
	return told
}
