package brokenmaps

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// upstream are tests for the authors of a map. They use the map and the standard library only, and fail as long
// as the map has the bug.
var upstream = []struct{ file, module, version, says string }{
	{"xsync/clear_test.go", "github.com/puzpuzpuz/xsync/v4", "v4.5.0", `call \d+ of Clear has left the key -1 with the value \d+`},
	{"skipmap/store_test.go", "github.com/zhangyunhao116/skipmap", "v0.10.1", `round \d+: LoadAndDelete returned the old value, and the new one is lost`},
}

// TestUpstream runs each test in a module of its own.
func TestUpstream(t *testing.T) {
	for _, u := range upstream {
		t.Run(u.file, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", u.file))
			require.NoError(t, err)
			sums, err := os.ReadFile("go.sum")
			require.NoError(t, err)
			dir := t.TempDir()
			for name, text := range map[string]string{
				"upstream_test.go": string(text), "go.sum": string(sums),
				"go.mod": fmt.Sprintf("module example.com/upstream\n\ngo 1.26.0\n\nrequire %s %s\n", u.module, u.version),
			} {
				require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666))
			}
			c := exec.CommandContext(t.Context(), "go", "test", "-timeout=2m", ".")
			c.Dir, c.Env = dir, append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "PWD="+dir)
			out, err := c.CombinedOutput()
			assert.Error(t, err)
			assert.Regexp(t, u.says, string(out))
			t.Logf("%s", out)
		})
	}
}
