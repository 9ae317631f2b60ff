package poolassert_test

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

// golden compares text with testdata/name.txt.
func golden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	text = strings.TrimRight(text, "\n") + "\n"
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "go test -update writes it")
	assert.Equal(t, string(want), text)
}

var (
	port    = regexp.MustCompile(`(127\.0\.0\.1|\[::1\]):\d+`)
	stdLine = regexp.MustCompile(`([a-z0-9]+\.go):\d+( \[std\])`)
)

// steady is a report without what changes from run to run.
func steady(text string) string {
	return stdLine.ReplaceAllString(port.ReplaceAllString(text, "$1:PORT"), "$1:0$2")
}
