//go:build unix

package child_test

import (
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A program that imports the package links nothing else that it would not have anyway.
func TestImportsLittle(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	require.NoError(t, err)
	assert.Equal(t, []string{
		"github.com/leakassert/leakassert/internal/childpipe",
		"github.com/leakassert/leakassert/leaktest/child",
	}, strings.Fields(string(out)))

	deps := func(args ...string) []string {
		out, err := exec.Command("go", append([]string{"list", "-deps"}, args...)...).Output()
		require.NoError(t, err)
		return strings.Fields(string(out))
	}
	os := deps("os")
	added := slices.DeleteFunc(deps("."), func(path string) bool {
		return slices.Contains(os, path) || strings.HasPrefix(path, "github.com/leakassert/")
	})
	assert.Empty(t, slices.DeleteFunc(added, func(path string) bool { return path == "strconv" || path == "strings" || path == "unicode" }))
}

// Whatever the variable holds, what is not the test's pipe is left alone.
func TestInert(t *testing.T) {
	if os.Getenv("CHILD_TEST") != "" {
		var buf [1 << 16]byte
		stacks := string(buf[:runtime.Stack(buf[:], true)])
		_, asked := os.LookupEnv("LEAKTEST_CHILD")
		assert.False(t, asked, "programs that this one starts would find it")
		assert.NotContains(t, stacks, "leaktest/child.")
		_, err := os.NewFile(3, "").WriteString("untouched")
		assert.NoError(t, err)
		return
	}
	for _, value := range []string{"", "3,4", "3:1,4:2", "3:x,4:2", "0:1,1:2", "-1:1,99999:2", "3:1,3:1"} {
		r, w, err := os.Pipe()
		require.NoError(t, err)
		cmd := exec.Command(os.Args[0], "-test.run=^TestInert$")
		cmd.Env = append(os.Environ(), "CHILD_TEST=1", "LEAKTEST_CHILD="+value)
		cmd.ExtraFiles = []*os.File{w, w}
		out, err := cmd.CombinedOutput()
		assert.NoError(t, err, "%q: %s", value, out)
		w.Close()
		text := make([]byte, 100)
		n, _ := r.Read(text)
		assert.Equal(t, "untouched", string(text[:n]), value)
		r.Close()
	}
}
