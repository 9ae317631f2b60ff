package mapfuzz_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares a report with testdata/name.txt.
func golden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	text = plain(text)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "go test -update writes it")
	assert.Equal(t, string(want), text)
}

// goldens holds that one of some reports is one of those in testdata/name.txt: there
// are several smallest scenarios of one fault, and sometimes what is left is larger.
// With -update it is added.
func goldens(t *testing.T, name string, report func() string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	all, _ := os.ReadFile(file)
	text := ""
	for range 60 { // chance: beside other work one in ten is as short as it can be
		if text = plain(report()); has(string(all), text) {
			return
		}
	}
	if *update {
		if len(all) > 0 {
			text = string(all) + between + text
		}
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
		return
	}
	t.Errorf("none of those in %s, to which -update adds it:\n%s", file, text)
}

const between = "\n----\n\n"

func has(all, text string) bool {
	for one := range strings.SplitSeq(all, between) {
		if one == text {
			return true
		}
	}
	return false
}

var changing = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`Seed\(\d+\)`), "Seed(0)"},
	{regexp.MustCompile(`Workers\(\d+\)`), "Workers(0)"},
	{regexp.MustCompile(`it fails in .* rounds?`), "it fails in 1 of 0 rounds"},
	{regexp.MustCompile(`it fails in every round`), "it fails in 1 of 0 rounds"},
	{regexp.MustCompile(`goroutine \d+`), "goroutine 0"},
	{regexp.MustCompile(`/\S+(/src/\S+\.go):\d+`), "$$GOROOT$1"},
	{regexp.MustCompile(`0x[0-9a-f]+`), "0x0"},
}

// plain is a report without what changes from run to run.
func plain(text string) string {
	for _, c := range changing {
		text = c.pattern.ReplaceAllString(text, c.with)
	}
	return strings.TrimRight(text, "\n") + "\n"
}
