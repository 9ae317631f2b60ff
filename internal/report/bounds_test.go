package report_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
	"github.com/stretchr/testify/assert"
)

// crowd is n leaks of a kind, all of different places.
func crowd(kind string, n int) (all []probe.Leak) {
	for i := range n {
		all = append(all, probe.Leak{Kind: kind, Unit: kind, Columns: []string{fmt.Sprint(kind, i)}})
	}
	return all
}

// However much leaks, a report is short, counts what it leaves out, and shows some of each kind.
func TestReportIsBounded(t *testing.T) {
	leaks := append(append(crowd("goroutine", 10_000), crowd("fd", 1)...), crowd("heap", 300)...)
	r := report.Report{Subject: "TestCheckout", Leaks: leaks}
	for i := range 1000 {
		r.Notes, r.Ends = append(r.Notes, fmt.Sprint("n", i)), append(r.Ends, fmt.Sprint("line ", i))
	}
	r.Ends = append(r.Ends, strings.Repeat("x", 1<<20))
	text := r.Text()
	assert.Contains(t, text, "TestCheckout leaked: 10000 goroutines, 1 fd, 300 heaps\n")
	assert.Contains(t, text, "\n… and 10201 more, which are not shown here: 9917 goroutines, 284 heaps. LEAKTEST=json=FILE has all findings\n")
	assert.Equal(t, 83, len(regexp.MustCompile(`(?m)^goroutine  \+1  goroutine\d+$`).FindAllString(text, -1)))
	assert.Contains(t, text, "\nfd         +1  fd0\n")
	assert.Equal(t, 16, strings.Count(text, "\nheap       +1  heap"))
	assert.Contains(t, text, "\nnote: n49\nnote: … and 950 more notes\n")
	assert.Contains(t, text, "\nline 99\n… and 900 more lines: LEAKTEST=baseline=add writes them all\n… and 1 too long to be shown: LEAKTEST=baseline=add writes them")
	assert.Less(t, len(text), 20<<10)

	text = report.Report{Subject: "TestCheckout", Leaks: crowd("fd", 100)}.Text()
	assert.Contains(t, text, "fd99\n")
	assert.NotContains(t, text, "…", "nothing is left out of what is shown in full")
	kinds := []probe.Leak{}
	for i := range 300 {
		kinds = append(kinds, crowd(fmt.Sprint("kind", i), 2)...)
	}
	text = report.Report{Subject: "TestCheckout", Leaks: kinds}.Text()
	assert.Equal(t, 100, strings.Count(text, "  +1  "))
	assert.Contains(t, text, "… and 500 more, which")
}

// hostile are names that tests, users' probes, pools, labels and files can have.
func hostile() map[string]string {
	return map[string]string{
		"escapes":   "\x1b[2J\x1b]0;title\x07red",
		"newlines":  "a\nb\r\nok  \texample.org/a\t0.1s\n--- PASS: TestA\n::error::x",
		"invalid":   "\xff\xfe\xc3",
		"invisible": "a\u202eb\u2066c\u200bd\u0085e\ufeff",
		"markup":    "<script>alert(1)</script>|`**[a](b)",
		"long":      strings.Repeat("long ", 1<<18),
		"longbytes": strings.Repeat("\xff", 1<<20),
		"longwide":  strings.Repeat("世", 1<<19),
		"empty":     "",
		"spaces":    "   ",
		"percent":   "%s%d%!(EXTRA",
	}
}

// Whatever names there are, a report has lines of some length that no terminal obeys.
func TestHostileNames(t *testing.T) {
	for why, name := range hostile() {
		t.Run(why, func(t *testing.T) {
			var evidence []probe.Evidence
			var names []string
			for range 300 {
				evidence, names = append(evidence, probe.Evidence{Label: name, Columns: []string{name, name}}), append(names, name)
			}
			l := probe.Leak{
				Kind: name, Unit: name, Units: name, Names: names, Tests: names, Columns: names[:30], Evidence: evidence,
				Frames: []probe.Frame{{Func: name, File: name, Line: 1}}, CreatedBy: probe.Frame{Func: name, File: name},
				Parts: []probe.Leak{{Kind: name, Columns: names[:3]}}, Traceable: "stacks",
			}
			all := make([]probe.Leak, 200) // each with a part
			for i := range all {
				all[i] = l
			}
			text := report.Report{Subject: name, Program: name, Leaks: all, Notes: names, Ends: names}.Text()
			assert.Less(t, len(text), 1<<20)
			assert.Contains(t, text, "leaked: 400 ")
			for _, text := range append(strings.Split(text, "\n"), report.Line(l), report.Name(name)) {
				assert.True(t, utf8.ValidString(text))
				assert.Less(t, len(text), 64<<10)
				assert.Equal(t, -1, strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }), "%.100q", text)
				assert.NotRegexp(t, `^(ok  |--- PASS|::error)`, text)
			}
		})
	}
}

// What is too long keeps its beginning and its end.
func TestLongNames(t *testing.T) {
	path := "logs/" + strings.Repeat("é/", 2000) + "access.log"
	line := report.Line(probe.Leak{Kind: "fd", Columns: []string{path, "O_RDONLY"}})
	assert.Regexp(t, `^fd  \+1  logs/(é/)+é?…\(\d+ bytes\)…/?(é/)+access\.log  O_RDONLY$`, line)
	assert.Less(t, len(line), 1100)
}
