package wrap_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/instrument"
	"github.com/leakassert/leakassert/internal/long"
)

// The driver's path is below this module's, so that it may import internal packages.
const driver = "github.com/leakassert/leakassert/internal/instrument/wrap/driver"

// root returns the folder of this module.
func root(t *testing.T) string {
	t.Helper()
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..", "..")
}

// module writes the driver's sources and a go.mod into a new folder.
func module(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/driver")); err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(root(t), "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "go.sum"), string(sums))
	write(t, filepath.Join(dir, "go.mod"), "module "+driver+"\n\ngo 1.26.0\n\nrequire github.com/leakassert/leakassert v0.0.0\n\nreplace github.com/leakassert/leakassert => "+root(t)+"\n")
	return dir
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
}

// counting is this test binary as the tool, with helpers that count.
func counting(t *testing.T) *instrument.Tool {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	tool, err := instrument.New(path, filepath.Join(t.TempDir(), "tables of sites"))
	if err != nil {
		t.Fatal(err)
	}
	return tool
}

// run runs the go command. tool may be nil.
func run(t *testing.T, dir string, tool *instrument.Tool, mode string, args ...string) (string, error) {
	t.Helper()
	long.Builds(t)
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LEAKASSERT_TESTED_TOOL="+mode, "PWD="+dir)
	if os.Getenv("GOWORK") == "" {
		cmd.Env = append(cmd.Env, "GOWORK=off")
	}
	if tool != nil {
		cmd.Env = append(cmd.Env, "SITES="+tool.Sites)
	}
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// lines returns the lines that begin with a word, sorted and each once.
func lines(out, word string) []string {
	var found []string
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, word+" ") {
			found = append(found, strings.TrimSpace(line))
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func left(t *testing.T, tool *instrument.Tool) (all []string) {
	t.Helper()
	list, err := instrument.ReadLeft(tool.Sites)
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range list {
		all = append(all, fmt.Sprintf("%s %s:%d %s: %s", l.Package, filepath.Base(l.File), l.Line, l.What, l.Reason))
	}
	return all
}

// said returns the lines of output that must be the same, in their order.
func said(out string) (found []string) {
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "SAME ") {
			found = append(found, line)
		}
	}
	return found
}
