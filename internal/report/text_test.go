package report_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares text with testdata/name.txt.
func golden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	text += "\n"
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "go test -update writes it")
	assert.Equal(t, string(want), text)
}

// ev is one line of evidence.
func ev(label string, columns ...string) probe.Evidence {
	return probe.Evidence{Label: label, Columns: columns}
}

var (
	worker = probe.Leak{
		Kind: "goroutine", Unit: "goroutine", Count: 12,
		Columns:  []string{"chan receive", "metrics.(*Collector).work", "metrics/collector.go:41"},
		Evidence: []probe.Evidence{ev("created by", "metrics.(*Collector).Start", "metrics/collector.go:28")},
	}
	proven = probe.Leak{
		Kind: "goroutine", Unit: "goroutine", Proven: true,
		Columns: []string{"select (no cases)", "metrics.(*Collector).stop", "metrics/collector.go:60"},
		Evidence: []probe.Evidence{
			ev("created by", "metrics.(*Collector).Start", "metrics/collector.go:28"),
			ev("proven", "nothing that is reachable can wake it"),
		},
	}
	heap = probe.Leak{
		Kind: "heap", Unit: "object", Count: 1000,
		Columns: []string{"objects", "+10.2 MiB", "*server.requestContext"},
		Evidence: []probe.Evidence{
			ev("allocated", "server.newContext", "server/context.go:17"),
			ev("kept by", "server.ctxCache sync.Map → root → children[…] → value"),
		},
	}
	file = probe.Leak{
		Kind: "fd", Unit: "descriptor",
		Columns:  []string{"7 logs/access.log", "O_WRONLY|O_APPEND"},
		Evidence: []probe.Evidence{ev("opened", "server.openLog", "server/log.go:9")},
	}
	rows = probe.Leak{
		Kind: "pool", Unit: "pool slot",
		Columns:  []string{"orders", "InUse 0 → 1"},
		Evidence: []probe.Evidence{ev("checked out", "store.(*Orders).List", "store/orders.go:88")},
	}
)

// of is a leak that belongs to one of the tests.
func of(l probe.Leak, tests ...string) probe.Leak { l.Tests = tests; return l }

var reports = []struct {
	name, why string
	report.Report
}{
	{"goroutine", "one leak; nothing was waited for, and nothing is said of it", report.Report{
		Leaks: []probe.Leak{{Kind: "goroutine", Unit: "goroutine", Columns: worker.Columns, Evidence: worker.Evidence}},
	}},
	{"settled", "a group with its count, and the time it was given to go", report.Report{
		Leaks: []probe.Leak{worker}, Settled: 2 * time.Second,
	}},
	{"proven", "leaks that all are proven need no waiting", report.Report{
		Leaks: []probe.Leak{proven},
	}},
	{"proven-settled", "one that is not proven was waited for", report.Report{
		Leaks: []probe.Leak{proven, worker}, Settled: 1500 * time.Millisecond,
	}},
	{"kinds", "every kind with its evidence, in columns", report.Report{
		Leaks: []probe.Leak{worker, heap, file, rows}, Settled: 2 * time.Second,
	}},
	{"long-kind", "a kind of the user's own makes its column wider for all", report.Report{
		Leaks: []probe.Leak{worker, {
			Kind: "child process", Unit: "child process", Units: "child processes", Count: 2,
			Columns: []string{"ffmpeg", "running"}, Evidence: []probe.Evidence{ev("started", "video.convert", "video/convert.go:31")},
		}, {
			Kind: "größe", Columns: []string{"a kind whose letters are not bytes"},
		}},
	}},
	{"long-label", "a long label makes its column wider in its own finding only", report.Report{
		Leaks: []probe.Leak{worker, {
			Kind: "pool", Unit: "pool slot", Columns: []string{"orders", "InUse 0 → 1"},
			Evidence: []probe.Evidence{ev("last checked out", "store.(*Orders).List", "store/orders.go:88"), ev("wait count", "0 → 3")},
		}},
	}},
	{"units", "units are summed over kinds; some have a plural of their own; without one a leak is called by its kind", report.Report{
		Leaks: []probe.Leak{
			{Kind: "fd", Unit: "descriptor", Count: 1, Columns: []string{"7 a"}},
			{Kind: "fd", Unit: "descriptor", Count: 2, Columns: []string{"8 b"}},
			{Kind: "heap", Unit: "entry", Units: "entries", Count: 1, Columns: []string{"one"}},
			{Kind: "index", Unit: "index", Units: "indices", Count: 3},
			{Kind: "mmap", Columns: []string{"without a unit or a count"}},
			{Kind: "lock", Count: 2},
		},
	}},
	{"notes", "without leaks there is no heading and no legend", report.Report{
		Notes: []string{"fd: not checked: no permission", "not judged: a goroutine without the check's label"},
	}},
	{"leaks-and-notes", "notes come between the findings and the legend", report.Report{
		Leaks: []probe.Leak{file}, Notes: []string{"pool: not checked: panic: out of range"},
	}},
	{"tests", "the tests that it can have been", report.Report{
		Leaks: []probe.Leak{of(file, "TestA"), of(rows, "TestA", "TestB/sub", "TestC")},
	}},
	{"stray", "the tests that it was first seen in", report.Report{
		Leaks: []probe.Leak{func() probe.Leak { l := of(file, "TestA"); l.Stray = true; return l }()},
	}},
	{"trace", "what has all the evidence doesn't offer more of it", report.Report{
		Leaks: []probe.Leak{{
			Kind: "goroutine", Unit: "goroutine", Columns: worker.Columns,
			Evidence: []probe.Evidence{
				worker.Evidence[0],
				ev("stack", "metrics.(*Collector).work", "metrics/collector.go:41"),
				ev("stack", "12 frames left out by the runtime"),
			},
		}}, Trace: true,
	}},
	{"sparse", "columns and evidence that are empty leave no holes", report.Report{
		Leaks: []probe.Leak{{Kind: "fd", Columns: []string{"", "7 a", "", "b"}, Evidence: []probe.Evidence{ev("opened", "", "a.go:1"), ev("kept")}}},
	}},
}

func TestText(t *testing.T) {
	for _, r := range reports {
		t.Run(r.name, func(t *testing.T) {
			r.Subject = "TestCheckout"
			text := r.Text()
			golden(t, r.name, text)
			assert.False(t, strings.HasSuffix(text, "\n"), "the caller ends the line")
			for line := range strings.Lines(text) {
				assert.Equal(t, strings.TrimRight(line, " \n"), strings.TrimRight(line, "\n"), "spaces at a line's end")
			}
			assert.Equal(t, text, r.Text(), "a report may be written twice")
		})
	}
}

// Every golden file is of a report that there is.
func TestGoldenFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	require.NoError(t, err)
	known := make(map[string]bool)
	for _, r := range reports {
		known[r.name+".txt"] = true
	}
	for _, f := range files {
		assert.True(t, known[filepath.Base(f)], f)
	}
}

func TestNothingToSay(t *testing.T) {
	assert.Empty(t, report.Report{}.Text())
	assert.Empty(t, report.Report{Subject: "TestCheckout", Settled: time.Second, Trace: true}.Text())
	assert.Empty(t, report.Summary(nil))
}

// The report of one check must not change the leaks of another.
func TestTextLeavesLeaksAlone(t *testing.T) {
	evidence := append(make([]probe.Evidence, 0, 4), ev("opened", "here"))
	l := of(probe.Leak{Kind: "fd", Evidence: evidence}, "TestA")
	report.Report{Leaks: []probe.Leak{l}}.Text()
	assert.Zero(t, evidence[:2][1], "beyond the evidence's end")
}

// Indented is what the testing package makes of a message.
func TestIndented(t *testing.T) {
	for _, c := range []struct{ why, text, want string }{
		{"one line stays", "a", "a"},
		{"all but the first line", "a\nb\nc", "a\n    b\n    c"},
		{"an empty line has no spaces", "a\n\nb", "a\n\n    b"},
		{"two in a row", "a\n\n\nb", "a\n\n\n    b"},
		{"nothing", "", ""},
	} {
		assert.Equal(t, c.want, report.Indented(c.text), c.why)
	}
}

func TestLine(t *testing.T) {
	for _, c := range []struct {
		why, want string
		leak      probe.Leak
	}{
		{"without its evidence", "fd  +1  7 logs/access.log  O_WRONLY|O_APPEND", file},
		{"with its count", "goroutine  +12  chan receive  metrics.(*Collector).work  metrics/collector.go:41", worker},
		{"of one test", "pool  +1  orders  InUse 0 → 1  by  TestA", of(rows, "TestA")},
		{"of several", "pool  +1  orders  InUse 0 → 1  by one of  TestA  TestB", of(rows, "TestA", "TestB")},
		{"with nothing to tell", "fd  +1", probe.Leak{Kind: "fd"}},
	} {
		assert.Equal(t, c.want, report.Line(c.leak), c.why)
	}
}
