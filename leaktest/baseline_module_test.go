package leaktest_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/long"
	"github.com/stretchr/testify/require"
)

// A userModule is a module in a folder of its own that uses this one.
type userModule struct{ dir string }

func newModule(t *testing.T, files map[string]string) userModule {
	long.Builds(t)
	t.Helper()
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	require.NoError(t, err)
	m := userModule{t.TempDir()}
	m.write(t, "go.sum", string(sums))
	m.write(t, "go.mod", "module example.org/shop\n\ngo 1.26.0\n\nrequire github.com/leakassert/leakassert v0.0.0\nreplace github.com/leakassert/leakassert => "+root+"\n")
	for name, text := range files {
		m.write(t, name, text)
	}
	return m
}

func (m userModule) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(m.dir, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
}

func (m userModule) read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(m.dir, filepath.FromSlash(name)))
	require.NoError(t, err)
	return string(text)
}

// build builds the test binary of a package, and returns a function that runs it.
func (m userModule) build(t *testing.T, pkg string, flags ...string) func(leaktest string, args ...string) (output string, code int) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "shop.test")
	if raceEnabled {
		flags = append(flags, "-race")
	}
	cmd := exec.Command("go", append(append([]string{"test", "-c", "-o", file}, flags...), "./"+pkg)...)
	cmd.Dir = m.dir
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "PWD="+m.dir)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return func(leaktest string, args ...string) (string, int) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), file, args...)
		cmd.Dir = filepath.Join(m.dir, pkg)
		words := strings.Fields(leaktest)
		cmd.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=20", "PWD="+cmd.Dir, "LEAKTEST=settle=30ms,symbols=off")
		for _, w := range words { // NAME=VALUE, or a word of LEAKTEST
			if name, _, ok := strings.Cut(w, "="); ok && strings.ToUpper(name) == name {
				cmd.Env = append(cmd.Env, w)
			} else {
				cmd.Env = append(cmd.Env, "LEAKTEST=settle=30ms,symbols=off,"+w)
			}
		}
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			require.NoError(t, err, string(out))
		}
		return string(out), cmd.ProcessState.ExitCode()
	}
}
