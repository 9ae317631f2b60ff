package machine_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/machine"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func tellFolder(dir string, more bool, leaks ...probe.Leak) {
	r := report.Report{Subject: "T", Leaks: leaks}
	machine.Publish(machine.Exit{Report: dir, More: more, Test: "T"}, r, r.Text())
}

// shownIn returns how many findings the page of a report folder shows. It must be a whole page.
func shownIn(t *testing.T, dir string) int {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(dir, "leaks.html"))
	require.NoError(t, err)
	require.True(t, strings.HasSuffix(string(page), "</html>\n"))
	return strings.Count(string(page), "<article")
}

// Of processes that write at the same time, the last one makes a page of all findings, and at each moment
// there is a whole page.
func TestFolderOfManyProcesses(t *testing.T) {
	const processes, each = 6, 30
	if says := os.Getenv(childVariable); says != "" {
		id, dir, _ := strings.Cut(says, " ")
		for n := range each {
			tellFolder(dir, false, probe.Leak{Kind: "child", ID: id, Columns: []string{id, fmt.Sprint(n)}})
			shownIn(t, dir)
		}
		return
	}
	dir := filepath.Join(t.TempDir(), "a", "b")
	var all []*exec.Cmd
	for i := range processes {
		cmd := child(t, t.Name(), fmt.Sprint(i, " ", dir))
		require.NoError(t, cmd.Start())
		all = append(all, cmd)
	}
	for _, cmd := range all {
		assert.NoError(t, cmd.Wait())
	}
	found, err := read(t, filepath.Join(dir, "leaks.json"))
	require.NoError(t, err)
	assert.Len(t, found, processes*each)
	assert.Equal(t, processes*each, shownIn(t, dir))
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, files, 5, "%v", files)
}

// While more findings follow, the page may show only the first ones. Flush makes it whole.
func TestFlush(t *testing.T) {
	dir := t.TempDir()
	for range 5 {
		tellFolder(dir, true, probe.Leak{Kind: "a"})
	}
	assert.Positive(t, shownIn(t, dir))
	machine.Flush()
	assert.Equal(t, 5, shownIn(t, dir))
	require.NoError(t, os.Remove(filepath.Join(dir, "leaks.html")))
	machine.Flush()
	assert.NoFileExists(t, filepath.Join(dir, "leaks.html"), "nothing is new")
	tellFolder(dir, false, probe.Leak{Kind: "a"})
	assert.Equal(t, 6, shownIn(t, dir), "a page that is gone is made anew")
}

// Lines that are gone are not on the page, even if the other files are left.
func TestFolderWithoutItsLines(t *testing.T) {
	dir := t.TempDir()
	tellFolder(dir, false, probe.Leak{Kind: "a"})
	tellFolder(dir, false, probe.Leak{Kind: "a"})
	require.Equal(t, 2, shownIn(t, dir))
	require.NoError(t, os.Remove(filepath.Join(dir, "leaks.json")))
	tellFolder(dir, false, probe.Leak{Kind: "b"})
	assert.Equal(t, 1, shownIn(t, dir))
}

// The lines of an earlier run, or damaged ones, are on the page too.
func TestFolderOfAnEarlierRun(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "leaks.json"), []byte("{\"version\":1,\"kind\":\"old\"}\n{\"version\":1,\"ki"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, ".leaks.lock"), []byte("what is this"), 0o644))
	tellFolder(dir, false, probe.Leak{Kind: "new"})
	assert.Equal(t, 2, shownIn(t, dir))
	page, err := os.ReadFile(filepath.Join(dir, "leaks.html"))
	require.NoError(t, err)
	assert.Contains(t, string(page), "<li>leaks.json: line 2: unexpected end of JSON input</li>")
}
