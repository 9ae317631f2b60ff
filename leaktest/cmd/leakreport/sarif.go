package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/page"
	"github.com/leakassert/leakassert/leaktest/finding"
)

const project = "https://github.com/leakassert/leakassert"

// sarif writes findings in the Static Analysis Results Interchange Format, version 2.1.0 (OASIS,
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html).
func sarif(w io.Writer, in page.Input) error {
	driver := map[string]any{"name": "leakassert", "informationUri": project}
	if info, ok := debug.ReadBuildInfo(); ok && strings.HasPrefix(info.Main.Version, "v") {
		driver["semanticVersion"] = strings.TrimPrefix(info.Main.Version, "v")
	}
	kinds := kindsOf(in.Found)
	rules := make([]any, len(kinds))
	for i, k := range kinds {
		rules[i] = rule(k)
	}
	driver["rules"] = rules
	results := []any{} // null would mean that no results were computed
	for _, same := range page.Alike(in.Found) {
		r := result(same, in.Root)
		r["ruleIndex"] = slices.Index(kinds, page.Printable(same[0].Kind))
		results = append(results, r)
	}
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(map[string]any{
		"$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		"version": "2.1.0",
		"runs": []any{map[string]any{
			"tool": map[string]any{"driver": driver}, "columnKind": "utf16CodeUnits", "results": results,
		}},
	})
}

func kindsOf(found []finding.Finding) (kinds []string) {
	for _, f := range found {
		kinds = append(kinds, page.Printable(f.Kind))
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// rule describes a kind of leak.
func rule(kind string) map[string]any {
	of := func(text string) map[string]any { return map[string]any{"text": text} }
	return map[string]any{
		"id": "leak/" + kind, "name": "Leak of kind " + kind,
		"shortDescription":     of("A test leaves a resource behind: " + kind),
		"fullDescription":      of("The resource (" + kind + ") was acquired during a test and was still held when the test, its cleanups and the settle time were over."),
		"helpUri":              project,
		"defaultConfiguration": map[string]any{"level": "error"},
	}
}

// mostTests is how many tests of one result are named.
const mostTests = 1000

// result returns the result for findings of one place.
func result(same []finding.Finding, root string) map[string]any {
	f, level := same[0], "warning"
	var tests []string
	for _, o := range same {
		if !o.Warned {
			level = "error"
		}
		tests = append(tests, page.Printable(cmp.Or(o.Test, "no test owns it")))
	}
	tests = slices.Compact(slices.Sorted(slices.Values(tests)))
	at, itsOwn := location(f, root)
	prints := map[string]any{"leakFingerprint/v1": page.Printable(f.Fingerprint)}
	if !itsOwn {
		// GitHub recognises a result by this one alone. It computes it from the source line, which
		// many leaks share if it is not their own, and warns if it has computed another one.
		prints["primaryLocationLineHash"] = hash(f)
	}
	r := map[string]any{
		"ruleId": "leak/" + page.Printable(f.Kind), "level": level, "kind": "fail",
		"message":             map[string]any{"text": message(f, tests)},
		"locations":           []any{at},
		"partialFingerprints": prints,
		"occurrenceCount":     len(same),
		"properties":          map[string]any{"package": page.Printable(f.Package), "tests": tests[:min(mostTests, len(tests))], "count": f.Count, "proven": f.Proven, "forgotten": f.Forgotten},
	}
	if stacks := stacksOf(f, root); len(stacks) > 0 {
		r["stacks"] = stacks
	}
	return r
}

func hash(f finding.Finding) string {
	return fmt.Sprintf("%.8x:1", sha256.Sum256([]byte(f.Package+"\n"+f.Fingerprint)))
}

// message is what a viewer shows of a result.
func message(f finding.Finding, tests []string) string {
	const most = 20 // of the tests and of the lines
	more := ""
	if len(tests) > most {
		tests, more = tests[:most], fmt.Sprintf(" and %d more", len(tests)-most)
	}
	lines := []string{page.Printable(f.Text), "leaked by: " + strings.Join(tests, ", ") + more}
	for _, e := range f.Evidence[:min(most, len(f.Evidence))] {
		lines = append(lines, strings.TrimSpace(page.Printable(e.Label+"  "+strings.Join(e.Columns, "  "))))
	}
	return strings.Join(lines, "\n")
}

// location returns where a leak comes from, and whether that is its own place. If its place is not
// known or not in the repository, location returns where its test is, or the folder of its package.
// GitHub refuses a file in which one result has no location.
func location(f finding.Finding, root string) (l map[string]any, itsOwn bool) {
	l = map[string]any{"physicalLocation": atPackage(f, root)}
	if f.Test != "" {
		l["logicalLocations"] = []any{map[string]any{"fullyQualifiedName": page.Printable(f.Package + "." + f.Test), "kind": "function"}}
	}
	for i, p := range []*finding.Frame{f.Place, f.TestPlace} {
		if p == nil || !p.InModule {
			continue
		}
		if name, ok := names.Below(root, f.Root, p.File); ok {
			l["physicalLocation"] = physical(name, p.Line)
			return l, i == 0
		}
	}
	return l, false
}

// atPackage returns the folder of the package, or that of the repository.
func atPackage(f finding.Finding, root string) map[string]any {
	folder := path.Clean(strings.TrimPrefix(strings.TrimPrefix(f.Package, f.Module), "/"))
	name, _ := names.Below(root, f.Root, folder)
	return physical(name, 1)
}

// physical returns a line of a file of the repository. "" stands for the repository's folder.
func physical(file string, line int) map[string]any {
	uri := "."
	if file != "" && file != "." {
		uri = (&url.URL{Path: file}).String()
	}
	return map[string]any{
		"artifactLocation": map[string]any{"uri": uri, "uriBaseId": "%SRCROOT%"},
		"region":           map[string]any{"startLine": max(line, 1)},
	}
}

// stacksOf returns the stacks of a finding.
func stacksOf(f finding.Finding, root string) (all []any) {
	for _, s := range f.Stacks {
		frames := []any{}
		for _, c := range s.Frames {
			at := map[string]any{"logicalLocations": []any{map[string]any{"fullyQualifiedName": page.Printable(c.Func), "kind": "function"}}}
			if name, ok := names.Below(root, f.Root, c.File); ok && c.InModule {
				at["physicalLocation"] = physical(name, c.Line)
			}
			frames = append(frames, map[string]any{"location": at})
		}
		all = append(all, map[string]any{"message": map[string]any{"text": page.Printable(cmp.Or(s.Text, s.Kind))}, "frames": frames})
	}
	return all
}
