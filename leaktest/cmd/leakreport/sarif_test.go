package main

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/leaktest/finding"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// An object of SARIF, and what it must and may have.
type object = map[string]any

// shapes has, for each sort of object that is written, the properties that the standard requires and
// those that are written besides (OASIS SARIF 2.1.0, §3.13 to §3.52, and its JSON schema). GitHub
// requires more; that is among the required ones here.
var shapes = map[string]struct{ required, optional []string }{
	"sarifLog":            {[]string{"version", "runs"}, []string{"$schema"}},
	"run":                 {[]string{"tool", "results"}, []string{"columnKind"}},
	"tool":                {[]string{"driver"}, nil},
	"toolComponent":       {[]string{"name", "rules"}, []string{"informationUri", "semanticVersion"}},
	"reportingDescriptor": {[]string{"id", "shortDescription", "fullDescription"}, []string{"name", "helpUri", "defaultConfiguration"}},
	"result": {[]string{"message", "ruleId", "locations", "partialFingerprints", "level"},
		[]string{"ruleIndex", "kind", "occurrenceCount", "properties", "stacks"}},
	"message":          {[]string{"text"}, nil},
	"location":         {[]string{"physicalLocation"}, []string{"logicalLocations"}},
	"physicalLocation": {[]string{"artifactLocation", "region"}, nil},
	"artifactLocation": {[]string{"uri"}, []string{"uriBaseId"}},
	"region":           {[]string{"startLine"}, nil},
	"logicalLocation":  {[]string{"fullyQualifiedName"}, []string{"kind"}},
	"stack":            {[]string{"frames"}, []string{"message"}},
	"stackFrame":       {[]string{"location"}, nil},
}

// shape checks an object's properties and returns it.
func shape(t *testing.T, sort string, value any) object {
	t.Helper()
	o, ok := value.(object)
	require.True(t, ok, "%s: %v", sort, value)
	s := shapes[sort]
	for _, name := range s.required {
		assert.Contains(t, o, name, sort)
	}
	for name := range o {
		assert.Contains(t, append(s.required, s.optional...), name, sort)
	}
	return o
}

func list(value any) []any {
	l, _ := value.([]any)
	return l
}

// checked checks a log of SARIF by structure, and returns its results.
func checked(t *testing.T, text string) (results []object) {
	t.Helper()
	var log any
	require.NoError(t, json.Unmarshal([]byte(text), &log))
	top := shape(t, "sarifLog", log)
	assert.Equal(t, "2.1.0", top["version"])
	require.Len(t, top["runs"], 1)
	run := shape(t, "run", list(top["runs"])[0])
	driver := shape(t, "toolComponent", shape(t, "tool", run["tool"])["driver"])
	var ids []string
	for _, r := range list(driver["rules"]) {
		d := shape(t, "reportingDescriptor", r)
		shape(t, "message", d["shortDescription"])
		shape(t, "message", d["fullDescription"])
		assert.NotContains(t, ids, d["id"])
		ids = append(ids, d["id"].(string))
	}
	require.NotNil(t, run["results"], "null would mean that the run was not judged")
	for _, r := range list(run["results"]) {
		o := shape(t, "result", r)
		results = append(results, o)
		assert.NotEmpty(t, shape(t, "message", o["message"])["text"])
		assert.Contains(t, []string{"none", "note", "warning", "error"}, o["level"])
		assert.Equal(t, o["ruleId"], ids[int(o["ruleIndex"].(float64))])
		require.Len(t, o["locations"], 1, "GitHub refuses a file with a result that has no location")
		checkLocation(t, list(o["locations"])[0])
		for key, value := range o["partialFingerprints"].(object) {
			assert.IsType(t, "", value, key)
		}
		for _, s := range list(o["stacks"]) {
			for _, f := range list(shape(t, "stack", s)["frames"]) {
				place := shape(t, "stackFrame", f)["location"].(object)
				if place["physicalLocation"] != nil {
					checkLocation(t, place)
				}
			}
		}
	}
	return results
}

func checkLocation(t *testing.T, value any) {
	t.Helper()
	l := shape(t, "location", value)
	p := shape(t, "physicalLocation", l["physicalLocation"])
	uri := shape(t, "artifactLocation", p["artifactLocation"])["uri"].(string)
	u, err := url.Parse(uri)
	require.NoError(t, err)
	assert.NotEmpty(t, uri)
	assert.Empty(t, u.Scheme, uri)
	assert.False(t, strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, ".."), uri)
	line, ok := shape(t, "region", p["region"])["startLine"].(float64)
	assert.True(t, ok && line >= 1 && line == float64(int(line)), "startLine %v", line)
	for _, n := range list(l["logicalLocations"]) {
		shape(t, "logicalLocation", n)
	}
}

// at returns the file and line of a result.
func at(r object) string {
	p := list(r["locations"])[0].(object)["physicalLocation"].(object)
	return fmt.Sprint(p["artifactLocation"].(object)["uri"], ":", p["region"].(object)["startLine"])
}

func TestSARIF(t *testing.T) {
	repository := t.TempDir()
	module := filepath.Join(repository, "shop")
	inModule := func(file string, line int) *finding.Frame {
		return &finding.Frame{Func: "example.org/shop.F", File: file, Line: line, InModule: true}
	}
	of := func(change func(*finding.Finding)) finding.Finding {
		f := finding.Finding{
			Kind: "goroutine", Fingerprint: "goroutine example.org/shop.F", Test: "TestX", Package: "example.org/shop/store", Module: "example.org/shop", Root: module,
			Place: inModule("store/a.go", 7), Count: 2, Unit: "goroutine", Text: "goroutine  +2  chan receive",
			Evidence: []finding.Evidence{{Label: "created by", Columns: []string{"shop.F", "store/a.go:7"}}},
		}
		change(&f)
		return f
	}
	convert := func(t *testing.T, found ...finding.Finding) []object {
		stdout, stderr, code := called(lines(t, found...), "-sarif", "-root", repository)
		require.Zero(t, code, stderr)
		return checked(t, stdout)
	}
	same := func(*finding.Finding) {}

	t.Run("no findings", func(t *testing.T) { assert.Empty(t, convert(t)) })
	t.Run("one place is one result", func(t *testing.T) {
		r := convert(t, of(same), of(func(f *finding.Finding) { f.Test = "TestA" }), of(func(f *finding.Finding) { f.Test, f.Warned = "", true }))
		require.Len(t, r, 1)
		assert.Equal(t, "goroutine  +2  chan receive\nleaked by: TestA, TestX, no test owns it\ncreated by  shop.F  store/a.go:7", r[0]["message"].(object)["text"])
		assert.Equal(t, "goroutine example.org/shop.F", r[0]["partialFingerprints"].(object)["leakFingerprint/v1"])
		assert.Equal(t, 3.0, r[0]["occurrenceCount"])
		assert.Equal(t, "error", r[0]["level"])
	})
	t.Run("what GitHub recognises a leak by, if its line is not known", func(t *testing.T) {
		hash := func(f finding.Finding) any {
			return convert(t, f)[0]["partialFingerprints"].(object)["primaryLocationLineHash"]
		}
		at := func(line int) func(*finding.Finding) {
			return func(f *finding.Finding) { f.Place, f.TestPlace = nil, inModule("store/a_test.go", line) }
		}
		assert.Nil(t, hash(of(same)))
		first := hash(of(at(3)))
		assert.Regexp(t, `^[0-9a-f]{16}:1$`, first)
		assert.Equal(t, first, hash(of(at(4))))
		assert.NotEqual(t, first, hash(of(func(f *finding.Finding) { at(3)(f); f.Fingerprint += "2" })))
	})
	t.Run("a warning", func(t *testing.T) {
		assert.Equal(t, "warning", convert(t, of(func(f *finding.Finding) { f.Warned = true }))[0]["level"])
	})
	t.Run("stacks", func(t *testing.T) {
		r := convert(t, of(func(f *finding.Finding) {
			f.Stacks = []finding.Stack{{Kind: "goroutine", Frames: []finding.Frame{{Func: "time.Sleep", File: "time/sleep.go", Line: 3}, *inModule("store/a.go", 7)}}, {Kind: "goroutine"}}
		}))
		stacks := list(r[0]["stacks"])
		require.Len(t, stacks, 2)
		frames := list(stacks[0].(object)["frames"])
		assert.NotContains(t, frames[0].(object)["location"], "physicalLocation", "the standard library is not in the repository")
		assert.Contains(t, frames[1].(object)["location"], "physicalLocation")
	})
	for _, c := range []struct {
		why    string
		change func(*finding.Finding)
		at     string
	}{
		{"of a module below the repository", same, "shop/store/a.go:7"},
		{"the test, if the place is not known", func(f *finding.Finding) { f.Place, f.TestPlace = nil, inModule("store/a_test.go", 3) }, "shop/store/a_test.go:3"},
		{"the test, if the place is in another module", func(f *finding.Finding) {
			f.Place, f.TestPlace = &finding.Frame{File: "example.org/m@v1.0.0/m.go", Line: 3}, inModule("store/a_test.go", 3)
		}, "shop/store/a_test.go:3"},
		{"the package, if nothing is known", func(f *finding.Finding) { f.Place = nil }, "shop/store:1"},
		{"the package in the root of the module", func(f *finding.Finding) { f.Place, f.Package = nil, f.Module }, "shop:1"},
		{"the repository", func(f *finding.Finding) { f.Place, f.Root = nil, "/elsewhere" }, ".:1"},
		{"a test of another repository", func(f *finding.Finding) { f.Root = "/elsewhere" }, ".:1"},
		{"a file whose name is no path of a URI", func(f *finding.Finding) { f.Place = inModule("a b/c%d#e?.go", 0) }, "shop/a%20b/c%25d%23e%3F.go:1"},
		{"a name of Windows", func(f *finding.Finding) { f.Place, f.Root = inModule("a.go", 1), `C:\src\shop` }, ".:1"},
	} {
		t.Run(c.why, func(t *testing.T) { assert.Equal(t, c.at, at(convert(t, of(c.change))[0])) })
	}
	t.Run("many tests and much evidence", func(t *testing.T) {
		var all []finding.Finding
		for i := range 3000 {
			all = append(all, of(func(f *finding.Finding) {
				f.Test = fmt.Sprintf("Test%04d", i)
				f.Evidence = make([]finding.Evidence, 5000)
			}))
			if i > 0 {
				all[i].Evidence = nil
			}
		}
		r := convert(t, all...)
		require.Len(t, r, 1)
		assert.Less(t, len(r[0]["message"].(object)["text"].(string)), 2000)
		assert.Contains(t, r[0]["message"].(object)["text"], "Test0019 and 2980 more")
	})
}
