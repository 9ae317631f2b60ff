package leaktest_test

import (
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares text with testdata/golden/name.txt.
func golden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name+".txt")
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
	elapsed = regexp.MustCompile(`\(\d+\.\d+s\)`)
	ending  = regexp.MustCompile(`(?m)^(ok|FAIL)([ \t]+\S+[ \t]+).*$`)
	stdLine = regexp.MustCompile(`(\$GOROOT/\S+\.go):\d+`)
)

// steady is a test binary's output without what changes from run to run and
// from one Go to the next.
func steady(text string) string {
	text = strings.ReplaceAll(text, goroot(), "$GOROOT")
	text = elapsed.ReplaceAllString(text, "(0.00s)")
	text = ending.ReplaceAllString(text, "$1$2")
	return stdLine.ReplaceAllString(text, "$1:0")
}

// goroot is where the line tables of this binary say the standard library is.
var goroot = sync.OnceValue(func() string {
	f := runtime.FuncForPC(reflect.ValueOf(strings.Clone).Pointer())
	file, _ := f.FileLine(f.Entry())
	return strings.TrimSuffix(file, "/src/strings/clone.go")
})
