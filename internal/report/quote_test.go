package report_test

import (
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

// written is a file of this module with the lines in a function, as old as the test.
func written(t *testing.T, lines ...string) (file string) {
	dir, err := os.MkdirTemp("testdata", "") // a file outside of the module is not read
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	file, err = filepath.Abs(filepath.Join(dir, "shop.go"))
	require.NoError(t, err)
	text := "package shop; func f() {\n" + strings.Join(lines, "\n") + "\n}\n"
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	before := time.Now().Add(-time.Hour)
	require.NoError(t, os.Chtimes(file, before, before))
	return file
}

// opened is a leak that the i-th of the lines has opened by a call of open.
func opened(file string, i int) probe.Leak {
	at := probe.CallSite{Frame: probe.Frame{Func: "shop.f", File: file, Line: i + 2}, Callee: "shop.open"}
	return probe.Leak{Kind: "fd", Unit: "descriptor", Columns: []string{fmt.Sprint(i)}, Evidence: []probe.Evidence{
		{Label: "opened", Columns: []string{"shop.f", "shop/shop.go:1"}, Call: at},
	}}
}

func TestQuote(t *testing.T) {
	lines := []string{
		"\t\topen(`tea`)  // the line without the space around it",
		"\tgo open(`tea`)",
		"\ts :=\t`größe 日本茶`\t; open(s) // tabs, and letters of two columns",
		"\topen(`" + strings.Repeat("long ", 30) + "`)",
		"\t_ = `" + strings.Repeat("far to the right ", 8) + "`; open(`tea`) // " + strings.Repeat("and more ", 10),
		"\topen(`\x1b[31mred\x1b[0m\u202e`)",
		"\topen(open(`tea`), open(`salt`))",
		"\tf(`tea`) // no caret, as open is not called",
	}
	file := written(t, lines...)
	var leaks []probe.Leak
	for i := range lines {
		leaks = append(leaks, opened(file, i))
	}
	started := opened(file, 1)
	started.Evidence[0].Label, started.Evidence[0].Call.Go = "created by", true
	leaks[1] = started
	with := opened(file, 0)
	with.Columns = []string{"the line of 0 once more, and not the line of its caller"}
	with.Evidence = append(with.Evidence, opened(file, 2).Evidence...)
	none := opened(file, 100)
	none.Columns = []string{"beyond the end, but its caller is known"}
	none.Evidence = append(none.Evidence, opened(written(t, "\tg(open(`tea`))"), 0).Evidence...)
	text := report.Report{Subject: "TestCheckout", Leaks: append(leaks, with, none)}.Text()
	golden(t, "quote", text)
}

// However much leaks, a report shows a few lines of source.
func TestQuotesAreBounded(t *testing.T) {
	var leaks []probe.Leak
	var lines []string
	for i := range 1000 {
		lines = append(lines, fmt.Sprintf("\topen(%d)", i))
	}
	file := written(t, lines...)
	for i := range lines {
		leaks = append(leaks, opened(file, i))
	}
	text := report.Report{Subject: "TestCheckout", Leaks: leaks}.Text()
	assert.Equal(t, 100, strings.Count(text, "opened "))
	assert.Equal(t, 20, strings.Count(text, "open("))
}
