package report_test

import (
	"flag"
	"fmt"
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

var many = func() (tests []string) {
	for i := range 154 {
		tests = append(tests, fmt.Sprintf("Test%03d", 153-i))
	}
	return tests
}()

func traceable(by string) probe.Leak { return probe.Leak{Kind: "slot", Traceable: by} }

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
	{"connection", "a connection is one finding, with the goroutines that serve it", report.Report{
		Leaks: []probe.Leak{
			serves("readLoop", 2, ev("created by", "http.(*Transport).dialConn", "net/http/transport.go:1994"), ev("called from", "store.fetch", "store/fetch.go:8")),
			serves("writeLoop", 2), worker, file, socket("CLOSE_WAIT"), socket("ESTABLISHED"),
		},
	}},
	{"connections", "what can't be told apart is not joined", report.Report{
		Leaks: []probe.Leak{serves("readLoop", 2), socket("ESTABLISHED")},
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
	{"hint", "how to learn more, of one test", report.Report{
		Leaks: []probe.Leak{traceable("stacks"), traceable("openers"), traceable("stacks"), traceable("checkouts")},
	}},
	{"many-tests", "of many tests the first few, sorted", report.Report{
		Leaks: []probe.Leak{of(file, many...), of(rows, many[:6]...)},
	}},
	{"names", "numbers of some of them only", report.Report{
		Leaks: []probe.Leak{
			{Kind: "fd", Unit: "descriptor", Count: 252, Names: []string{"9"}, Columns: []string{"/tmp/a"}},
			{Kind: "fd", Unit: "descriptor", Count: 2, Names: []string{"9", "10"}, Columns: []string{"/tmp/a"}},
			{Kind: "fd", Unit: "descriptor", Count: 5, Names: []string{"9", "10", "11", "12", "13"}},
		},
	}},
	{"grows", "what grows over iterations is not compared with the start", report.Report{
		Grows: "iteration", Settled: 2 * time.Second,
		Leaks: []probe.Leak{{Kind: "goroutine", Unit: "goroutine", Count: 252, Columns: worker.Columns, Evidence: []probe.Evidence{
			ev("grows", "+4 +8 +16", "1.00 per iteration over 28 iterations"),
		}}},
	}},
	{"grows-heap", "less memory in more objects", report.Report{
		Grows: "iteration", Verdict: "grows by 1.00 object and -74 B an iteration",
		Leaks: []probe.Leak{{Kind: "heap", Unit: "object", Count: 28, Bytes: -2072, Columns: []string{"*cache.entry"}}},
	}},
	{"grows-runs", "over runs of the suite", report.Report{
		Grows: "run", Leaks: []probe.Leak{worker},
	}},
	{"subtests", "how to tell subtests apart", report.Report{
		Subtests: true, Leaks: []probe.Leak{worker},
	}},
	{"called-from", "a goroutine of the standard library alone, with the call that led there", report.Report{
		Leaks: []probe.Leak{{
			Kind: "goroutine", Unit: "goroutine", Columns: []string{"select", "sql.(*Tx).awaitDone", "database/sql/sql.go:2220"},
			Evidence: []probe.Evidence{
				ev("created by", "sql.(*DB).beginDC", "database/sql/sql.go:1927"),
				ev("called from", "store.(*Orders).Begin", "store/orders.go:17"),
			},
		}},
	}},
	{"hostile", "nothing that a terminal obeys, and one line for each", report.Report{
		Notes: []string{"probe x: panic: a\nb"},
		Leaks: []probe.Leak{of(probe.Leak{
			Kind: "a\tkind", Columns: []string{"7 logs/a\n\nfd  +9.log", "\x1b[31mred\x1b[0m", "\xff\u202e\u0085\u00a0"}, Names: []string{"1\r2"},
			Evidence: []probe.Evidence{ev("la\x07bel", "file\x7f"), ev("größe", "日本 “ok”")},
		}, "Test\nA", "TestB")},
	}},
	{"sparse", "columns and evidence that are empty leave no holes", report.Report{
		Leaks: []probe.Leak{{Kind: "fd", Columns: []string{"", "7 a", "", "b"}, Evidence: []probe.Evidence{ev("opened", "", "a.go:1"), ev("kept")}}},
	}},
}

// serves are goroutines of HTTP connections.
func serves(loop string, n int64, evidence ...probe.Evidence) probe.Leak {
	return probe.Leak{
		Kind: "goroutine", Unit: "goroutine", Count: n, Part: "http", Evidence: evidence,
		Columns: []string{"select", "http.(*persistConn)." + loop, "net/http/transport.go:2450"},
	}
}

func socket(state string) probe.Leak {
	return probe.Leak{Kind: "fd", Unit: "descriptor", Whole: true, Names: []string{"7"}, Columns: []string{"tcp", "127.0.0.1:50144 → 127.0.0.1:80", state}}
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
	known := map[string]bool{"quote.txt": true}
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

// The hint is a command that runs the one test that has leaked.
func TestHint(t *testing.T) {
	for subject, command := range map[string]string{
		"TestCheckout":            "LEAKTEST=trace go test -run '^TestCheckout$' ./internal/report",
		"TestCheckout/a_b(c)/#01": `LEAKTEST=trace go test -run '^TestCheckout$/^a_b\(c\)$/^#01$' ./internal/report`,
		"TestIt/isn't":            `LEAKTEST=trace go test -run '^TestIt$/^isn'\''t$' ./internal/report`,
		"FuzzParse":               "LEAKTEST=trace go test -run '^FuzzParse$' ./internal/report",
		"BenchmarkParse":          "LEAKTEST=trace go test -run '^$' -bench '^BenchmarkParse$' ./internal/report",
		"what no test owns":       "LEAKTEST=trace go test ./internal/report",
		"Orders are kept":         "LEAKTEST=trace go test ./internal/report",
		"Testing orders":          "LEAKTEST=trace go test ./internal/report",
	} {
		text := report.Report{Subject: subject, Leaks: []probe.Leak{traceable("stacks")}}.Text()
		assert.Equal(t, "+ open at the end, not at the start. For stacks: "+command, text[strings.LastIndex(text, "\n")+1:])
	}
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
		{"of many", "pool  +1  orders  InUse 0 → 1  by one of  Test000  Test001  Test002  Test003  Test004  … and 149 more", of(rows, many...)},
		{"with what a terminal obeys", `fd  +1  a\x1b[2Jb`, probe.Leak{Kind: "fd", Columns: []string{"a\x1b[2Jb"}}},
		{"with nothing to tell", "fd  +1", probe.Leak{Kind: "fd"}},
	} {
		assert.Equal(t, c.want, report.Line(c.leak), c.why)
	}
}
