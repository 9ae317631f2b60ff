// Package sharding has a package's tests run as Bazel runs a sharded go_test: in several processes, each of
// which has its part of the tests. See https://bazel.build/reference/test-encyclopedia#initial-conditions.
package sharding

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const shards = 3

// build returns the test binary of package shop.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "sharding")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "shop.test.exe")
	return binary, exec.Command("go", "test", "-c", "-o", binary, "./testdata/shop").Run()
})

func TestMain(m *testing.M) {
	code := m.Run()
	if binary, _ := build(); binary != "" {
		os.RemoveAll(filepath.Dir(binary))
	}
	os.Exit(code)
}

type result struct {
	passes bool
	output string
	failed []string // the tests that have failed
}

var failed = regexp.MustCompile(`(?m)^--- FAIL: (\w+) `)

// run runs a shard of the tests, or all if the index is -1.
func run(t *testing.T, index int, env ...string) (r result) {
	t.Helper()
	binary, err := build()
	require.NoError(t, err)
	dir := t.TempDir()
	status, early := filepath.Join(dir, "status"), filepath.Join(dir, "early")
	cmd := exec.Command(binary)
	cmd.Dir = filepath.Join("testdata", "shop")
	cmd.Env = append(os.Environ(), "LEAKTEST=settle=50ms", "TEST_SHARD_STATUS_FILE="+status, "TEST_PREMATURE_EXIT_FILE="+early)
	if index >= 0 {
		cmd.Env = append(cmd.Env, "TEST_TOTAL_SHARDS="+strconv.Itoa(shards), "TEST_SHARD_INDEX="+strconv.Itoa(index))
	}
	cmd.Env = append(cmd.Env, env...)
	text, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); err != nil {
		require.ErrorAs(t, err, &exit, "%s", text)
	}
	if index >= 0 {
		assert.FileExists(t, status)
	}
	assert.NoFileExists(t, early, "%s", text)
	r = result{passes: err == nil, output: string(text)}
	for _, m := range failed.FindAllStringSubmatch(r.output, -1) {
		r.failed = append(r.failed, m[1])
	}
	return r
}

// known writes the file of known leaks as a run of all tests does.
func known(t *testing.T) (file string) {
	file = filepath.Join(t.TempDir(), "leaks.txt")
	r := run(t, -1, "LEAKS="+file, "LEAKTEST=settle=50ms,baseline")
	require.True(t, r.passes, r.output)
	return file
}

// Each shard reports the leaks of its tests, and no other.
func TestShardsReportTheirs(t *testing.T) {
	for _, how := range []string{"MAIN=main", "MAIN=run"} {
		var all []string
		for i := range shards {
			r := run(t, i, how)
			assert.Equal(t, len(r.failed) == 0, r.passes, r.output)
			assert.NotContains(t, r.output, "no such test")
			assert.NotContains(t, r.output, "left nothing out")
			all = append(all, r.failed...)
		}
		slices.Sort(all)
		assert.Equal(t, []string{"TestA", "TestC", "TestD"}, all, how)
	}
	r := run(t, -1)
	assert.Equal(t, []string{"TestA", "TestC", "TestD"}, r.failed)
	assert.Contains(t, r.output, "left nothing out", "a run of all tests says what an option is not needed for")
}

// A line for a test of another shard is not stale, and one for a test of this shard is.
func TestShardsShareABaseline(t *testing.T) {
	file := known(t)
	for i := range shards {
		r := run(t, i, "LEAKS="+file)
		assert.True(t, r.passes, r.output)
		assert.Equal(t, "PASS\n", r.output)

		r = run(t, i, "LEAKS="+file, "MENDED=TestC") // the third of the tests
		assert.Equal(t, i != 2, r.passes, r.output)
		if i == 2 {
			assert.Contains(t, r.output, "TestC does not leak this any more")
			assert.NotContains(t, r.output, "TestA")
			assert.NotContains(t, r.output, "TestD")
		}
	}
}

// Shards that run at the same time write the file that one run of all tests writes.
func TestShardsWriteABaseline(t *testing.T) {
	want, err := os.ReadFile(known(t))
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "leaks.txt")
	t.Run("at the same time", func(t *testing.T) {
		for i := range shards {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				assert.True(t, run(t, i, "LEAKS="+file, "LEAKTEST=settle=50ms,baseline=add").passes)
			})
		}
	})
	got, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))

	r := run(t, 2, "LEAKS="+file, "LEAKTEST=settle=50ms,baseline", "MENDED=TestC")
	assert.True(t, r.passes, r.output)
	got, err = os.ReadFile(file)
	require.NoError(t, err)
	assert.NotContains(t, string(got), "TestC")
	assert.Contains(t, string(got), "TestA")
	assert.Contains(t, string(got), "TestD")
}
