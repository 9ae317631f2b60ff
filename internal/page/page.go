// Package page writes one HTML page about the findings of a run of tests. The page needs no other file
// and no network. Package profiles writes the profiles beside it.
package page

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"io"
	"slices"

	"github.com/leakassert/leakassert/leaktest/finding"
)

// Bounds of a page, so that a browser can show it however many findings there are.
const (
	mostFindings = 500     // that are shown in full
	mostBytes    = 8 << 20 // that they may take
	mostRows     = 500     // of a table or list of the whole run
)

var (
	//go:embed page.css
	style string
	//go:embed page.js
	script string
)

// An Input is what a page shows.
type Input struct {
	Found []finding.Finding
	Wrong []string // what could not be read
	Root  string   // the folder of the repository
}

// Read adds the findings of JSON lines, and what is wrong with lines that are no findings. The lines
// come from a file of that name.
func (in *Input) Read(name string, lines io.Reader) {
	for f, err := range finding.All(lines) {
		if err != nil {
			in.Wrong = append(in.Wrong, fmt.Sprintf("%s: %v", name, err))
			continue
		}
		in.Found = append(in.Found, f)
	}
}

// A page is what is shown of a run.
type page struct {
	found, shown         int
	kinds, tests         []*row
	moreKinds, moreTests int
	groups               []*group
	wrong                []string
	moreWrong            int
	distinct, warned     int
}

// A row counts the findings of a test or kind.
type row struct {
	name, pkg, link string
	findings, shown int
	resources       int64
}

// A group has the findings that one test reported.
type group struct {
	id, test, pkg   string
	headings, notes []string
	findings        []markup
}

// Write writes the page.
func Write(w io.Writer, in Input) error {
	p := pageOf(in)
	var out writer
	out.page(p)
	_, err := w.Write(out.Bytes())
	return err
}

func pageOf(in Input) *page {
	p := &page{found: len(in.Found)}
	p.wrong, p.moreWrong = first(mostRows, in.Wrong, shown)
	order := slices.Clone(in.Found)
	slices.SortStableFunc(order, func(a, b finding.Finding) int {
		return cmp.Or(cmp.Compare(a.Package, b.Package), last(a.Test == "", b.Test == ""), cmp.Compare(a.Test, b.Test))
	})
	chosen := choose(order)
	p.distinct = len(Alike(order))
	kinds, tests := make(map[string]*row), make(map[string]*row)
	var kindRows, testRows []*row
	src, used := newSources(in.Root), 0
	var g *group
	for i, f := range order {
		if f.Warned {
			p.warned++
		}
		kind := count(kinds, &kindRows, f.Kind, f)
		test := count(tests, &testRows, f.Package+"\n"+f.Test, f)
		test.name, test.pkg = shown(f.Test), shown(f.Package)
		if !chosen[i] || used > mostBytes {
			continue
		}
		var text writer
		text.finding(viewOf(f, p.shown+1, src))
		if test.link == "" {
			test.link = fmt.Sprintf("test-%d", len(p.groups)+1)
			g = &group{id: test.link, test: test.name, pkg: test.pkg}
			p.groups = append(p.groups, g)
		}
		used += text.Len() + g.add(f)
		g.findings = append(g.findings, markup(text.String()))
		p.shown++
		kind.shown++
		test.shown++
	}
	slices.SortFunc(kindRows, func(a, b *row) int { return cmp.Compare(a.name, b.name) })
	itself := func(r *row) *row { return r }
	p.kinds, p.moreKinds = first(mostRows, kindRows, itself)
	p.tests, p.moreTests = first(mostRows, testRows, itself)
	return p
}

// last sorts what is true behind what is false.
func last(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// choose returns which findings are shown in full: of each leak the first one, and then others, as
// far as the page goes.
func choose(order []finding.Finding) []bool {
	type key struct{ pkg, kind, fingerprint, site string }
	chosen, seen, left := make([]bool, len(order)), make(map[key]bool), mostFindings
	for _, repeats := range []bool{false, true} {
		for i, f := range order {
			k := key{f.Package, f.Kind, f.Fingerprint, f.Site()}
			if left == 0 {
				return chosen
			}
			if chosen[i] || seen[k] && !repeats {
				continue
			}
			seen[k], chosen[i] = true, true
			left--
		}
	}
	return chosen
}

func count(rows map[string]*row, list *[]*row, key string, f finding.Finding) *row {
	r := rows[key]
	if r == nil {
		r = &row{name: shown(key)}
		rows[key], *list = r, append(*list, r)
	}
	r.findings++
	r.resources += f.Count
	return r
}

// add adds what the report of a finding said of all its findings, and returns the size of it.
func (g *group) add(f finding.Finding) (size int) {
	const most = 20
	once := func(to *[]string, text string) {
		if text = shown(text); text != "" && len(*to) < most && !slices.Contains(*to, text) {
			*to = append(*to, text)
			size += len(text)
		}
	}
	once(&g.headings, f.Heading)
	for _, n := range f.Notes[:min(most, len(f.Notes))] {
		once(&g.notes, n)
	}
	return size
}

// sum names a script or a style for the Content-Security-Policy.
func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(s[:])
}

// Alike groups findings of one place, in the order of the first of each.
func Alike(found []finding.Finding) (groups [][]finding.Finding) {
	type key struct{ pkg, fingerprint, site string }
	at := make(map[key]int)
	for _, f := range found {
		k := key{f.Package, f.Fingerprint, f.Site()}
		i, seen := at[k]
		if !seen {
			i = len(groups)
			at[k], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], f)
	}
	return groups
}
