package page

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/leaktest/finding"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// written returns a page about JSON lines, without its script and style.
func written(t *testing.T, root, lines string) string {
	t.Helper()
	in := Input{Root: root}
	in.Read("leaks.json", strings.NewReader(lines))
	var b strings.Builder
	require.NoError(t, Write(&b, in))
	return regexp.MustCompile(`(?s)<(style|script)>.*?</(style|script)>`).ReplaceAllString(b.String(), "")
}

func lines(t *testing.T, found ...finding.Finding) string {
	t.Helper()
	var b strings.Builder
	for _, f := range found {
		f.Version = finding.Version
		require.NoError(t, json.NewEncoder(&b).Encode(f))
	}
	return b.String()
}

func shownPage(t *testing.T, found ...finding.Finding) string {
	t.Helper()
	return written(t, t.TempDir(), lines(t, found...))
}

// TestPage pins the words of a page of one finding that has everything.
func TestPage(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "a.go"), []byte("\ufeffpackage a\r\n\r\nfunc F() {\r\n\tgo work()\r\n}\r\n"), 0o644))
	at := &finding.Frame{Func: "example.org/a.F", File: "a.go", Line: 4, InModule: true}
	got := shownPage(t, finding.Finding{
		Kind: "goroutine", Fingerprint: "goroutine example.org/a.F", Test: "TestA", Package: "example.org/a", Root: root, Place: at, CreatedBy: at, Count: 2, Unit: "goroutine",
		Text: "goroutine  +2  chan receive", Heading: "TestA leaked: 2 goroutines", Notes: []string{"heap: not seen"}, Proven: true, Warned: true, Grows: "iteration",
		Growth: &finding.Growth{PerUnit: 1, Units: 6, Rounds: []int64{2, 4, -1}}, Holder: []string{"a.all[…] → chan int"}, Suspect: "a.all", Retained: 2048, Cause: "nobody closes the channel",
		Ways:     []finding.Way{{Steps: []finding.Step{{Text: "a.all", Retained: 2048}, {Text: "[…] → chan int", Retained: 96}}}},
		Changes:  []finding.Change{{Name: "InUse", Before: "0", After: "2"}, {Name: "Open", Before: "2", After: "2"}, {Name: "7", After: "tcp"}, {Name: "8", Before: "pipe"}},
		Evidence: []finding.Evidence{{Label: "created by", Columns: []string{"a.F", "a.go:4"}}, {Columns: []string{"and more"}}},
		Stacks:   []finding.Stack{{Kind: "goroutine", Frames: []finding.Frame{{Func: "example.org/a.work", File: "a.go", Line: 9, InModule: true}}, CreatedBy: at}},
	})
	golden(t, "page.html", got)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	got = regexp.MustCompile(`sha256-[^']*`).ReplaceAllString(got, "sha256-…")
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}

const attack = `</script></style></code></pre><script>alert(1)</script><img src=x onerror=alert(2)>"'><svg onload=alert(3)>{{.}}` + "\x00\x1b[2J\u202e\xff"

// fill sets every text of a value to the attack, and every number and flag to something.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(attack)
	case reflect.Int, reflect.Int64:
		v.SetInt(3)
	case reflect.Float64:
		v.SetFloat(1.5)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	}
}

// Nothing that comes from tests or sources is markup.
func TestPageEscapes(t *testing.T) {
	root := t.TempDir()
	const name = `<img src=x onerror=alert(4)>'"&.go`
	require.NoError(t, os.WriteFile(filepath.Join(root, name), []byte("a\nb\n"+attack+"\n`"+attack), 0o644))
	var all finding.Finding
	fill(reflect.ValueOf(&all).Elem())
	source := all
	source.Root, source.Place = root, &finding.Frame{File: name, Line: 3, InModule: true}
	got := shownPage(t, all, source)
	assert.Contains(t, got, "onerror=alert(2)", "the source is shown")
	assert.Contains(t, got, "\\x00\\x1b[2J\\u202e")
	for _, bad := range []string{"<script", "<img", "</script", "onload=alert(3)>", "\x00", "\x1b", "\u202e", "\xff"} {
		assert.NotContains(t, got, bad)
	}
	for tag := range strings.SplitSeq(regexp.MustCompile(`"[^"]*"`).ReplaceAllString(got, ""), "<") {
		tag, _, _ = strings.Cut(tag, ">")
		assert.NotRegexp(t, ` on\w+ *=`, tag)
	}
	damaged := written(t, root, "{"+attack+"\n")
	assert.NotContains(t, damaged, "<script>alert")
	assert.Contains(t, damaged, "What could not be read")
}

// What a finding lacks does not keep the page from showing the rest.
func TestPageOfBrokenFindings(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "short.go"), []byte("package a\n"), 0o644))
	require.NoError(t, os.MkdirAll(filepath.Join(root, "folder.go"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(root, "secret.txt"), []byte("hidden"), 0o644))
	at := func(file string, line int) finding.Finding {
		return finding.Finding{Kind: "fd", Test: "T", Root: root, Place: &finding.Frame{File: file, Line: line, InModule: true}}
	}
	for _, c := range []struct {
		why  string
		f    finding.Finding
		want []string
	}{
		{"empty", finding.Finding{}, []string{"kind not known", "a finding without text", "No test owns it", "0 × unit not known"}},
		{"a line beyond the end", at("short.go", 30), []string{"Source of <code>short.go:30</code>: The file has only 1 lines now."}},
		{"no line", at("short.go", 0), []string{"The line is not known.", "short.go, line not known"}},
		{"a line below 0", at("short.go", -5), []string{"The line is not known."}},
		{"a huge line", at("short.go", math.MaxInt), []string{"The file has only 1 lines now."}},
		{"no file", at("gone.go", 1), []string{"The source can&#39;t be read here."}},
		{"a folder", at("folder.go", 1), []string{"The source can&#39;t be read here."}},
		{"no Go file", at("secret.txt", 1), []string{"It is not the name of a Go file below the module&#39;s folder."}},
		{"out of the folder", at("../x.go", 1), []string{"It is not the name of a Go file"}},
		{"a relative root", finding.Finding{Root: "x", Place: at("short.go", 1).Place}, []string{"The source can&#39;t be read here."}},
		{"counts below 0", finding.Finding{Count: -3, Bytes: math.MinInt64, Unit: "object"}, []string{"-3 × object, -9223372036854775808 bytes"}},
		{"rounds without growth", finding.Finding{Growth: &finding.Growth{Rounds: []int64{0, 0}}}, []string{"Growth in each round, in the unit that is not known: +0, +0"}},
		{"extreme rounds", finding.Finding{Growth: &finding.Growth{PerUnit: math.MaxFloat64, Rounds: []int64{math.MinInt64, math.MaxInt64}}}, []string{"-9223372036854775808"}},
		{"empty parts", finding.Finding{Stacks: make([]finding.Stack, 1), Evidence: make([]finding.Evidence, 1), Changes: make([]finding.Change, 1), Holder: make([]string, 1), Place: &finding.Frame{}},
			[]string{"Stack of kind not known: 0 calls", "Evidence: 1 line"}},
		{"a frame without a name", finding.Finding{Stacks: []finding.Stack{{Kind: "fd", Frames: make([]finding.Frame, 1)}}}, []string{"function not known", "file not known"}},
	} {
		t.Run(c.why, func(t *testing.T) {
			got := shownPage(t, c.f, finding.Finding{Kind: "heap", Text: "the finding after it"})
			for _, want := range c.want {
				assert.Contains(t, got, want)
			}
			assert.Contains(t, got, "the finding after it")
			assert.NotContains(t, got, "hidden</")
			assert.NotContains(t, got, "NaN")
			assert.True(t, strings.HasSuffix(got, "</html>\n"))
		})
	}
	ofTest := finding.Finding{Root: root, TestPlace: at("short.go", 1).Place}
	assert.Contains(t, shownPage(t, ofTest), "Source around the test, as the line that leaks is not known: <code>short.go:1</code>")
	damaged := written(t, root, "{\"version\":1,\"place\":3}\nnonsense\n"+lines(t, finding.Finding{Kind: "k"}))
	assert.Contains(t, damaged, "leaks.json: line 2: ")
	assert.Contains(t, damaged, "1 finding of 1 leak.")
}

// The growth of the heap is drawn for all rounds, with what it was in words.
func TestPlotOfTheHeap(t *testing.T) {
	p := plotOf(finding.Growth{PerUnit: 1, Heap: []finding.HeapRound{{Iterations: 64, Objects: 64, Bytes: 4096}, {Iterations: 1, Objects: -3, Bytes: -100}, {Iterations: 128, Bytes: 8192}}}, "object")
	assert.Equal(t, "Growth of the whole heap in each round: +4.0 KiB in 64 iterations, -100 B in 1 iteration, +8.0 KiB in 128 iterations", p.words())
	require.Len(t, p.Bars, 3)
	assert.InDelta(t, 2*p.Bars[0].Height, p.Bars[2].Height, 1e-9)
	assert.Equal(t, p.Zero, p.Bars[1].Y, "what is below 0 hangs from the line")
	assert.InDelta(t, p.Height, p.Bars[1].Y+p.Bars[1].Height, 1e-9)
	assert.Nil(t, plotOf(finding.Growth{PerUnit: 1}, "object"))
}

// What the page shows as a table, a tree or a stack is not shown as evidence once more.
func TestEvidenceIsShownOnce(t *testing.T) {
	e := func(label string, columns ...string) finding.Evidence {
		return finding.Evidence{Label: label, Columns: columns}
	}
	f := finding.Finding{Evidence: []finding.Evidence{
		e("stats", "(-start +end)"), e("", "- InUse: 0,"), e("created by", "a.F", "a.go:4"), e("", "and more"), e("held by", "a.b", "c"), e("stack", "a.F"), e("suspect", "a.b"), e("retains", "1 KiB"),
	}}
	labels := func(f finding.Finding) (all []string) {
		for _, e := range viewOf(f, 1, newSources("")).Evidence {
			all = append(all, e.Label)
		}
		return all
	}
	assert.Len(t, labels(f), 8)
	f.Changes = []finding.Change{{Name: "InUse", After: "1"}}
	f.Holder, f.Suspect = []string{"a.b  c"}, "a.b"
	f.Stacks = []finding.Stack{{Kind: "goroutine", Frames: []finding.Frame{{Func: "a.F"}}}}
	assert.Equal(t, []string{"created by", ""}, labels(f))
}

// The page shows sources from -root if the tests ran in another place.
func TestSourceOfAnotherMachine(t *testing.T) {
	here := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(here, "go.mod"), []byte("module example.org/a\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(here, "a.go"), []byte("package a // here\n"), 0o644))
	f := finding.Finding{Root: filepath.Join(here, "gone"), Module: "example.org/a", Place: &finding.Frame{File: "a.go", Line: 1, InModule: true}}
	other := f
	other.Module = "example.org/b"
	for _, c := range []struct {
		f    finding.Finding
		want bool
	}{{f, true}, {other, false}} {
		assert.Equal(t, c.want, strings.Contains(written(t, here, lines(t, c.f)), "package a // here"))
	}
}

func TestPageWithoutFindings(t *testing.T) {
	assert.Contains(t, shownPage(t), "The run has no findings.")
}
