package leaktest_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/leakassert/leakassert/leaktest/finding"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// With -artifacts the folder of a test that leaks has its report and its findings.
func TestArtifacts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	args := []string{"-test.run=^TestLeaks$|^TestClean$", "-test.outputdir=" + dir}
	suiteBinary.run(t, nil, args...)
	kept, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	assert.Empty(t, kept, "without -artifacts nothing is kept")

	output, _ := suiteBinary.run(t, nil, append(args, "-test.artifacts")...)
	found := make(map[string]string)
	require.NoError(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if !d.IsDir() {
			found[d.Name()] += path
		}
		return err
	}))
	require.Contains(t, found, "leaks.txt", output)
	text, err := os.ReadFile(found["leaks.txt"])
	require.NoError(t, err)
	assert.Contains(t, string(text), "TestLeaks leaked")
	lines, err := os.Open(found["leaks.json"])
	require.NoError(t, err)
	defer lines.Close()
	all, err := finding.Read(lines)
	require.NoError(t, err)
	require.NotEmpty(t, all)
	assert.Equal(t, "TestLeaks", all[0].Test)

	// So has a page with all of them, and profiles.
	require.Contains(t, found, "leaks.html", output)
	page, err := os.ReadFile(found["leaks.html"])
	require.NoError(t, err)
	assert.Len(t, article.FindAllString(string(page), -1), len(all))
	assert.Contains(t, string(page), "TestLeaks leaked")
	assert.Contains(t, found, "heap.pb.gz")
	goroutines := int64(0)
	for _, f := range all {
		goroutines += f.Count
	}
	assert.Equal(t, fmt.Sprint(goroutines), inProfile(t, found["goroutines.pb.gz"]))
}
