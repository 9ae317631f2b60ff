package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"html/template"
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

//go:embed page
var files embed.FS

// pages has the templates of a page: html/template escapes all that comes from findings.
var pages = template.Must(template.ParseFS(files, "page/*.html"))

// A page is what page.html shows.
type page struct {
	Style             template.CSS
	Script            template.JS
	StyleSum, Sum     string // for the Content-Security-Policy, which lets nothing else run
	Found, Shown      int
	Kinds, Tests      []row
	MoreKinds         int
	MoreTests         int
	Groups            []*group
	Wrong             []string
	MoreWrong         int
	Distinct, Warned  int
	MostFindings, MiB int
}

// A row counts the findings of a test or kind.
type row struct {
	Name, Package, Link string
	Findings, Shown     int
	Resources           int64
	Units               string
}

// A group has the findings that one test reported.
type group struct {
	ID, Test, Package string
	Headings, Notes   []string
	Findings          []template.HTML
}

// html writes a page about findings.
func html(w io.Writer, in input) error {
	script, style := embedded("page/page.js"), embedded("page/page.css")
	p := page{
		Style: template.CSS(style), Script: template.JS(script), StyleSum: sum(style), Sum: sum(script),
		Found: len(in.found), MostFindings: mostFindings, MiB: mostBytes >> 20,
	}
	p.Wrong, p.MoreWrong = first(mostRows, in.wrong, shown)
	order := slices.Clone(in.found)
	slices.SortStableFunc(order, func(a, b finding.Finding) int {
		return cmp.Or(cmp.Compare(a.Package, b.Package), last(a.Test == "", b.Test == ""), cmp.Compare(a.Test, b.Test))
	})
	chosen := choose(order)
	p.Distinct = len(alike(order))
	kinds, tests := make(map[string]*row), make(map[string]*row)
	var kindRows, testRows []*row
	src, used := newSources(in.root), 0
	var g *group
	for i, f := range order {
		if f.Warned {
			p.Warned++
		}
		kind := count(kinds, &kindRows, f.Kind, f)
		test := count(tests, &testRows, f.Package+"\n"+f.Test, f)
		test.Name, test.Package = shown(f.Test), shown(f.Package)
		if !chosen[i] || used > mostBytes {
			continue
		}
		text, err := rendered(viewOf(f, p.Shown+1, src))
		if err != nil {
			return err
		}
		if test.Link == "" {
			test.Link = fmt.Sprintf("test-%d", len(p.Groups)+1)
			g = &group{ID: test.Link, Test: test.Name, Package: test.Package}
			p.Groups = append(p.Groups, g)
		}
		used += len(text) + g.add(f)
		g.Findings = append(g.Findings, text)
		p.Shown++
		kind.Shown++
		test.Shown++
	}
	slices.SortFunc(kindRows, func(a, b *row) int { return cmp.Compare(a.Name, b.Name) })
	value := func(r *row) row { return *r }
	p.Kinds, p.MoreKinds = first(mostRows, kindRows, value)
	p.Tests, p.MoreTests = first(mostRows, testRows, value)
	return pages.ExecuteTemplate(w, "page.html", p)
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
		r = &row{Name: shown(key), Units: shown(f.Unit)}
		rows[key], *list = r, append(*list, r)
	}
	r.Findings++
	r.Resources += f.Count
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
	once(&g.Headings, f.Heading)
	for _, n := range f.Notes[:min(most, len(f.Notes))] {
		once(&g.Notes, n)
	}
	return size
}

// rendered returns a finding as HTML.
func rendered(v view) (template.HTML, error) {
	var b bytes.Buffer
	err := pages.ExecuteTemplate(&b, "finding.html", v)
	return template.HTML(b.String()), err
}

func embedded(name string) string {
	text, err := files.ReadFile(name)
	if err != nil {
		panic(err) // it is part of the program
	}
	return "\n" + string(text)
}

// sum names a script or a style for the Content-Security-Policy.
func sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(s[:])
}
