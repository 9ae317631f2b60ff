package names_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTestedPackage(t *testing.T) {
	pkg, module := names.TestedPackage()
	assert.Equal(t, self, pkg)
	assert.Equal(t, "github.com/leakassert/leakassert", module)
	text, err := os.ReadFile(filepath.Join(names.ModuleRoot(), "go.mod"))
	require.NoError(t, err)
	assert.Contains(t, string(text), "module "+module+"\n")
}

func TestBelow(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(t.TempDir(), "link")
	file := filepath.Join(dir, "sub", "a.go")
	require.NoError(t, os.Mkdir(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	linked := os.Symlink(dir, link) == nil
	for _, c := range []struct {
		why, folder, root, file, want string
		links                         bool
	}{
		{"in the root of the repository", dir, dir, "a.go", "a.go", false},
		{"in a module below it", dir, filepath.Join(dir, "sub"), "a.go", "sub/a.go", false},
		{"an absolute name", dir, "", file, "sub/a.go", false},
		{"through a link to the repository", link, dir, "sub/a.go", "sub/a.go", true},
		{"through a link to the module", dir, link, "sub/a.go", "sub/a.go", true},
		{"a module beside it", filepath.Join(dir, "sub"), dir, "a.go", "", false},
		{"elsewhere", dir, dir, "/elsewhere/a.go", "", false},
		{"a name with the same beginning", dir, dir + "s", "a.go", "", false},
		{"no root", dir, "", "a.go", "", false},
		{"no file", dir, dir, "", "", false},
		{"no folder", "", dir, "a.go", "", false},
	} {
		if c.links && !linked {
			continue
		}
		got, ok := names.Below(c.folder, c.root, c.file)
		assert.Equal(t, c.want, got, c.why)
		assert.Equal(t, c.want != "", ok, c.why)
	}
}
