package leaktest_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/goprobe"
	"github.com/leakassert/leakassert/internal/heapdump"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// detailed says whether reports have the types of objects, what holds them, what goroutines wait on and who
// opened a descriptor. internal/compat/platforms has tests of what reports say elsewhere.
var detailed = heapdump.Supported()

// golden compares text with testdata/golden/name.txt.
func golden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name+".txt")
	text = strings.TrimRight(text, "\n") + "\n"
	if !detailed {
		assert.NotEmpty(t, text)
		return
	}
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "go test -update writes it")
	assert.Equal(t, string(want), text)
}

// wholeReport makes what a check says not depend on the tests that ran before: how long they took, and
// whether they have built the test a second time for its names.
func wholeReport(t *testing.T) {
	t.Setenv("LEAKTEST", "symbols=off")
	goprobe.LookAgain()
}

var (
	elapsed = regexp.MustCompile(`\(\d+\.\d+s\)`)
	ending  = regexp.MustCompile(`(?m)^(ok|FAIL)([ \t]+\S+[ \t]+).*$`)
	// What goroutines wait on is looked up for 2 s in a process: how far that goes depends on the machine.
	waiting = regexp.MustCompile(`(?m)^ +waits on .*\n|^--- WARN: \w+\n +note: what goroutines wait on is not looked up any more: .*\n|^ +note: what goroutines wait on is not looked up any more: .*\n`)
	stdLine = regexp.MustCompile(`(  (?:sync|time)/\w+\.go):\d+`)
)

// retains finds the retained size of a suspect.
var retains = regexp.MustCompile(`(retains +)\S+ [KMG]?i?B`)

// steady is a test binary's output without what changes from run to run and
// from one Go to the next.
func steady(text string) string {
	text = elapsed.ReplaceAllString(text, "(0.00s)")
	text = ending.ReplaceAllString(text, "$1$2")
	text = retains.ReplaceAllString(text, "${1}0 B")
	return stdLine.ReplaceAllString(text, "$1:0")
}

// steadySuite is steady for the output of a whole suite.
func steadySuite(text string) string { return steady(waiting.ReplaceAllString(text, "")) }
