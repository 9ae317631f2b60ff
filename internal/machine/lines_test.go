package machine_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/leakassert/leakassert/internal/machine"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
	"github.com/leakassert/leakassert/leaktest/finding"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A test that is run as a child process has the variable CHILD.
const childVariable = "LEAKASSERT_MACHINE_CHILD"

// child runs one test of this binary in a process of its own.
func child(t *testing.T, test, says string) *exec.Cmd {
	file, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), file, "-test.run=^"+test+"$")
	cmd.Env = append(os.Environ(), childVariable+"="+says, "GITHUB_ACTIONS=", "GORACE=atexit_sleep_ms=20")
	return cmd
}

func tell(file string, leaks ...probe.Leak) {
	r := report.Report{Subject: "T", Leaks: leaks}
	machine.Publish(machine.Exit{JSON: file, Test: "T"}, r, r.Text())
}

// Lines of 8 processes that write at the same time, a report at a time, are neither lost nor torn.
func TestLinesOfManyProcesses(t *testing.T) {
	const processes, each = 8, 10_000
	if says := os.Getenv(childVariable); says != "" {
		id, file, _ := strings.Cut(says, " ")
		for n := 0; n < each; n += 5 {
			leaks := make([]probe.Leak, 5)
			for i := range leaks {
				leaks[i] = probe.Leak{Kind: "child", ID: id, Columns: []string{id, strconv.Itoa(n + i), strings.Repeat("x", (n+i)%700)}}
			}
			leaks[0].Columns[2] = strings.Repeat("long ", 20*(n%40)) // over the length that a pipe would write at once
			tell(file, leaks...)
		}
		return
	}
	file := filepath.Join(t.TempDir(), "leaks.json")
	var all []*exec.Cmd
	out := make([]bytes.Buffer, processes)
	for i := range processes {
		cmd := child(t, t.Name(), fmt.Sprint(i, " ", file))
		cmd.Stdout, cmd.Stderr = &out[i], &out[i]
		require.NoError(t, cmd.Start())
		all = append(all, cmd)
	}
	for i, cmd := range all {
		assert.NoError(t, cmd.Wait(), out[i].String())
		assert.Equal(t, "PASS\n", out[i].String())
	}
	f, err := os.Open(file)
	require.NoError(t, err)
	defer f.Close()
	found, err := finding.Read(f)
	require.NoError(t, err)
	seen := make(map[string]bool)
	for _, f := range found {
		seen[f.Columns[0]+" "+f.Columns[1]] = true
	}
	assert.Len(t, found, processes*each)
	assert.Len(t, seen, processes*each)
}

func read(t *testing.T, file string) ([]finding.Finding, error) {
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	require.NoError(t, err)
	defer f.Close()
	return finding.Read(f)
}

// What another process has not written to its end spoils no other line.
func TestLineBehindATornOne(t *testing.T) {
	file := filepath.Join(t.TempDir(), "leaks.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"version":1,"kin`), 0o644))
	tell(file, probe.Leak{Kind: "a"}, probe.Leak{Kind: "b"})
	found, err := read(t, file)
	assert.EqualError(t, err, "line 1: unexpected end of JSON input")
	require.Len(t, found, 2)
	assert.Equal(t, "b", found[1].Kind)
}

// In a synctest bubble, whose clock stands still, lines are written as elsewhere.
func TestLinesFromABubble(t *testing.T) {
	file := filepath.Join(t.TempDir(), "leaks.json")
	synctest.Test(t, func(t *testing.T) { tell(file, probe.Leak{Kind: "a"}) })
	found, err := read(t, file)
	require.NoError(t, err)
	assert.Len(t, found, 1)
}

// The fuzzing engine runs an input that fails again and again: a worker writes a leak once.
func TestLinesOfAFuzzWorker(t *testing.T) {
	require.NoError(t, flag.Set("test.fuzzworker", "true"))
	defer flag.Set("test.fuzzworker", "false")
	file := filepath.Join(t.TempDir(), "leaks.json")
	for range 3 {
		tell(file, probe.Leak{Kind: "worker"})
	}
	found, err := read(t, file)
	require.NoError(t, err)
	assert.Len(t, found, 1)
}

// Hostile texts of any length stay in their line, and what is too long for a line is left out.
func TestLineOfHostileTexts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "leaks.json")
	for _, text := range []string{"a\nb", "\x1b[31m", "\xff\xfe", "\u2028", strings.Repeat("x", 1<<20), strings.Repeat("x", 12<<20)} {
		tell(file, probe.Leak{Kind: "k" + text, Columns: []string{text}, Evidence: []probe.Evidence{{Label: text, Columns: []string{text}}}})
	}
	found, err := read(t, file)
	require.NoError(t, err)
	require.Len(t, found, 6)
	assert.Equal(t, "ka\nb", found[0].Kind)
	assert.Equal(t, []string{"\x1b[31m"}, found[1].Columns)
	assert.Equal(t, []string{"the line of this finding was too long: most of what is known is left out"}, found[5].Notes)
}

// A file that can't be written costs one line on standard error, and nothing waits for it.
func TestFilesThatCantBeWritten(t *testing.T) {
	if file := os.Getenv(childVariable); file != "" {
		tell(file, probe.Leak{Kind: "a"})
		tell(file, probe.Leak{Kind: "a"})
		return
	}
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "file"), nil, 0o644))
	for file, why := range unwritable(t, dir) {
		cmd := child(t, t.Name(), file)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		assert.NoError(t, cmd.Run())
		assert.Regexp(t, `^leaktest: LEAKTEST=json=\S+: the findings are not written: `+why+"\n$", stderr.String(), file)
		assert.Contains(t, stderr.String(), file)
	}
}
