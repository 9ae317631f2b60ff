//go:build amd64 || arm64

package secondrun_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/long"
	"github.com/stretchr/testify/require"
)

// A module is a copy of the module in testdata, beside nothing of this one.
type module struct {
	dir    string // of its package shop
	marker string // the file by which its tests know their second run
	env    []string
}

// newModule copies the module. It has the requirements of this one.
func newModule(t *testing.T) module {
	t.Helper()
	long.Builds(t)
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(dir, os.DirFS("testdata/module")))
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	require.NoError(t, err)
	text := strings.Replace(string(mod), "module github.com/leakassert/leakassert", "module example.org/leaks", 1) +
		"\nrequire github.com/leakassert/leakassert v0.0.0\n\nreplace github.com/leakassert/leakassert => " + strconv.Quote(root) + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o600))
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o600))
	m := module{dir: filepath.Join(dir, "shop"), marker: filepath.Join(t.TempDir(), "marker")}
	m.env = append(os.Environ(), "LEAKTEST=stored", "GOFLAGS=-mod=mod", "GOWORK=off", "TMPDIR="+t.TempDir(), "SHOP_MARKER="+m.marker)
	return m
}

// command returns a command that runs in the folder of the package.
func (m module) command(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	t.Cleanup(cancel)
	c := exec.CommandContext(ctx, name, args...)
	c.Dir, c.Env = m.dir, m.env
	return c
}

// fails runs go test with some flags, and returns what it prints for each test.
func (m module) fails(t *testing.T, flags ...string) map[string]string {
	t.Helper()
	out, err := m.command(t, "go", append(append([]string{"test"}, flags...), ".")...).CombinedOutput()
	require.Error(t, err, "%s", out)
	return byTest(string(out))
}

// shop is the test binary of package shop, which several tests run.
var shop struct {
	sync.Once
	dir, binary string
}

func TestMain(m *testing.M) {
	code := m.Run()
	os.RemoveAll(shop.dir)
	os.Exit(code)
}

// shopBinary builds the test once. It has symbols, which spares the build that finds them.
func shopBinary(t *testing.T) (binary string) {
	t.Helper()
	shop.Do(func() {
		m := newModule(t)
		dir, err := os.MkdirTemp("", "secondrun")
		require.NoError(t, err)
		shop.dir = dir
		file := filepath.Join(dir, "shop.test")
		out, err := m.command(t, "go", "test", "-c", "-o", file, ".").CombinedOutput()
		require.NoError(t, err, "%s", out)
		shop.binary = file
	})
	require.NotEmpty(t, shop.binary, "another test could not build it")
	return shop.binary
}

var heading = regexp.MustCompile(`^ *--- FAIL: (\S+) `)

func byTest(output string) map[string]string {
	reports, test := make(map[string]string), ""
	for line := range strings.Lines(output) {
		if m := heading.FindStringSubmatch(line); m != nil {
			test = m[1]
			continue
		}
		if strings.HasPrefix(line, " ") { // otherwise it is of go test
			reports[test] += line
		}
	}
	return reports
}

// storedBy returns the lines of a report that say who stores, without their indent.
func storedBy(report string) (lines []string) {
	inside := false
	for line := range strings.Lines(report) {
		line = strings.TrimSpace(line)
		rest, is := strings.CutPrefix(line, "stored by")
		switch {
		case is:
			lines = append(lines, strings.Join(strings.Fields(rest), " "))
		case inside && strings.HasPrefix(line, "shop."):
			lines = append(lines, strings.Join(strings.Fields(line), " "))
			continue
		}
		inside = is
	}
	return lines
}
