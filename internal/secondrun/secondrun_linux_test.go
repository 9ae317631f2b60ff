//go:build amd64 || arm64

package secondrun_test

import (
	"errors"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/long"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files")

// Each sort of container names the line that stores into it.
func TestStores(t *testing.T) {
	t.Parallel()
	tests := "^Test(Append|SyncMap|Field)$"
	if long.IsFull() {
		tests = "^Test(Map|Append|SyncMap|Push|Field|Local)$"
	}
	if long.Run() || *update {
		tests = "^Test(Map|MapOfSlices|Append|Index|SyncMap|LoadOrStore|Channel|Embedded|Generic|Push|Tail|Variable|Field|Atomic|Hook|OpAssign|" +
			"Alias|Odd|Literal|WideLiteral|Bubble|OtherModule|Fake|Setenv|Collected|Parameter|Local|Sub)$"
	}
	reports := newModule(t).fails(t, "-run", tests)
	var text strings.Builder
	for _, test := range slices.Sorted(maps.Keys(reports)) {
		for _, line := range storedBy(reports[test]) {
			text.WriteString(test + ": " + line + "\n")
		}
	}
	golden(t, "stores.txt", text.String())
	golden(t, "report.txt", reports["TestAppend"])
}

func golden(t *testing.T, name, text string) {
	t.Helper()
	name = filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
	want, err := os.ReadFile(name)
	require.NoError(t, err)
	if long.Run() {
		assert.Equal(t, string(want), text)
		return
	}
	for line := range strings.Lines(text) {
		assert.Contains(t, string(want), line)
	}
}

// Main checks each test. What a test of another package stores in is found too.
func TestMainOfPackage(t *testing.T) {
	t.Parallel()
	m := newModule(t)
	m.dir = filepath.Join(filepath.Dir(m.dir), "watched")
	reports := m.fails(t)
	assert.Equal(t, []string{"shop.(*Server).Put shop/shop.go:34 (50 of 50)"}, storedBy(reports["TestOtherPackage"]), reports)
	assert.Equal(t, []string{"watched_test.TestOwn watched/watched_test.go:24 (50 of 50)"}, storedBy(reports["TestOwn"]), reports)
}

func TestGrowth(t *testing.T) {
	t.Parallel()
	lines := storedBy(newModule(t).fails(t, "-run", "^TestGrowth$")["TestGrowth"])
	require.Len(t, lines, 1)
	counts := regexp.MustCompile(`^shop\.\(\*Server\)\.Put shop/shop\.go:34 \((\d+) of (\d+)\)$`).FindStringSubmatch(lines[0])
	require.NotNil(t, counts, lines[0])
	assert.Equal(t, counts[1], counts[2])
}

// The second run has the flags of the first.
func TestFlags(t *testing.T) {
	long.Full(t) // each takes a build of everything
	for _, flags := range []string{"-race -trimpath", "-cover -gcflags=-l -tags=x -shuffle=1 -cpu=2 -short"} {
		t.Run(flags, func(t *testing.T) {
			t.Parallel()
			reports := newModule(t).fails(t, append(strings.Fields(flags), "-run", "^TestMap$")...)
			assert.Equal(t, []string{"shop.(*Server).Put shop/shop.go:34 (100 of 100)"}, storedBy(reports["TestMap"]), reports)
		})
	}
}

// A vendor folder has no commands.
func TestVendor(t *testing.T) {
	t.Parallel()
	long.Full(t)
	m := newModule(t)
	out, err := m.command(t, "go", "mod", "vendor").CombinedOutput()
	require.NoError(t, err, "%s", out)
	m.env = append(m.env, "GOFLAGS=-mod=vendor")
	lines := storedBy(m.fails(t, "-run", "^TestMap$")["TestMap"])
	assert.Equal(t, []string{"shop.(*Server).Put shop/shop.go:34 (100 of 100)"}, lines)
}

// Whatever goes wrong, the report has its finding, and one line says why nobody knows who stores.
func TestNotKnown(t *testing.T) {
	t.Parallel()
	noSource := func(t *testing.T, m *module) {
		files, err := filepath.Glob(filepath.Join(m.dir, "*.go"))
		require.NoError(t, err)
		for _, f := range files {
			require.NoError(t, os.Remove(f))
		}
	}
	with := func(variable string) func(*testing.T, *module) {
		return func(_ *testing.T, m *module) { m.env = append(m.env, variable) }
	}
	changed := func(text string) func(*testing.T, *module) {
		return func(t *testing.T, m *module) {
			f, err := os.OpenFile(filepath.Join(m.dir, "shop.go"), os.O_APPEND|os.O_WRONLY, 0)
			require.NoError(t, err)
			_, err = f.WriteString(text)
			require.NoError(t, err)
			require.NoError(t, f.Close())
		}
	}
	binary := shopBinary(t)
	for _, c := range []struct {
		name, test, why string
		prepare         func(*testing.T, *module)
		flags           []string
	}{
		{"no go command", "TestAppend", `the go command is not in PATH`, with("PATH=/nonexistent"), nil},
		{"no folder", "TestAppend", `no folder for a second build in TMPDIR=/nonexistent: no such file or directory`, with("TMPDIR=/nonexistent"), nil},
		{"no source", "TestAppend", `the source can't be read: exit status 1: no Go files in \S+`, noSource, nil},
		{"wrong syntax", "TestAppend", `the source can't be read: exit status 1: \S*shop.go:\d+:\d+: .+`, changed("\nfunc (\n"), nil},
		{"wrong types", "TestAppend", `the source can't be read: exit status 1: \S*shop.go:\d+:\d+: undefined: missing`, changed("\nvar x = missing\n"), nil},
		{"passes", "TestOnce", `the test passes when it runs a second time, alone`, nil, nil},
		{"not its name", "TestBorrowed", `go test knows no test with the name TestOther`, nil, nil},
		{"leaks elsewhere", "TestMoves", `the second run of the test fails, but does not name this holder`, nil, nil},
		{"reflect", "TestReflect", `no store in the source of the module under test was into it; stores of other modules, by reflect, by unsafe and by copying are not seen`, nil, nil},
		{"crashes", "TestCrash", `the second run of the test has ended by itself: exit status 3`, nil, nil},
		{"takes too long", "TestSlow", `.*was not done after \d+s`, nil, []string{"-test.timeout=20s"}},
		{"no time", "TestAppend", `no time for a second run before the timeout of the test`, nil, []string{"-test.timeout=5s"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if slices.Contains([]string{"TestOnce", "TestMoves", "TestReflect", "TestCrash"}, c.test) {
				long.Full(t) // these run a second time
			}
			m := newModule(t)
			if c.prepare != nil {
				c.prepare(t, &m)
			}
			out, err := m.command(t, binary, append(c.flags, "-test.run=^"+c.test+"$")...).CombinedOutput()
			require.Error(t, err)
			assert.Regexp(t, `suspect  shop\.server\.all  \[\]\*shop\.Order\n`, string(out))
			assert.Regexp(t, `\n            stored by    not known: `+c.why+`\n`, string(out))
		})
	}
}

// A test that passes starts no command, not even where the check looks for what holds the objects.
func TestPassing(t *testing.T) {
	t.Parallel()
	m := newModule(t)
	binary := shopBinary(t)
	dir := t.TempDir()
	tool, called := filepath.Join(dir, "go"), filepath.Join(dir, "called")
	require.NoError(t, os.WriteFile(tool, []byte("#!/bin/sh\n: > "+called+"\n"), 0o700))
	m.env = append(m.env, "PATH="+dir)
	out, err := m.command(t, binary, "-test.run=^TestPasses$").CombinedOutput()
	require.NoError(t, err, "%s", out)
	assert.NoFileExists(t, called)
	out, err = m.command(t, binary, "-test.run=^TestAppend$").CombinedOutput()
	require.Error(t, err, "%s", out)
	assert.FileExists(t, called, "a test that fails does")
}

// The second run ends with the first, even if that is killed.
func TestKilled(t *testing.T) {
	t.Parallel()
	m := newModule(t)
	c := m.command(t, shopBinary(t), "-test.run=^TestSlow$")
	require.NoError(t, c.Start())
	var child int
	require.Eventually(t, func() bool {
		text, _ := os.ReadFile(m.marker)
		child, _ = strconv.Atoi(string(text))
		return child > 0
	}, 3*time.Minute, 10*time.Millisecond)
	require.NoError(t, syscall.Kill(child, 0))
	require.NoError(t, c.Process.Kill())
	require.Error(t, c.Wait())
	assert.Eventually(t, func() bool { return errors.Is(syscall.Kill(child, 0), syscall.ESRCH) || zombie(child) }, time.Minute, 10*time.Millisecond)
}

// zombie reports whether a process has ended and nobody has asked how.
func zombie(pid int) bool {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	_, rest, _ := strings.Cut(string(text), ") ")
	return err == nil && strings.HasPrefix(rest, "Z")
}
