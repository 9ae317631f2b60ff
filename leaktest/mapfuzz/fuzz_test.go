package mapfuzz_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/leakassert/leakassert/leaktest/mapfuzz"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A forgetful map does not delete one of its keys.
type forgetful struct{ sync.Map }

func (m *forgetful) Delete(key any) {
	if key != 2 {
		m.Map.Delete(key)
	}
}

func (m *forgetful) LoadAndDelete(key any) (any, bool) {
	if key == 2 {
		return m.Load(key)
	}
	return m.Map.LoadAndDelete(key)
}

func FuzzSyncMap(f *testing.F) {
	if os.Getenv("FAULT") == "forgetful" {
		mapfuzz.Fuzz(f, func() mapfuzz.Map[any, any] { return new(forgetful) })
		return
	}
	mapfuzz.Fuzz(f, func() mapfuzz.Map[any, any] { return new(sync.Map) })
}

// What fuzzing finds is kept in testdata/fuzz, and fails again without it.
func TestFuzzFinds(t *testing.T) {
	dir := t.TempDir()
	run := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), os.Args[0], append(args, "-test.run=^FuzzSyncMap$", "-test.v")...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "FAULT=forgetful")
		out, err := cmd.CombinedOutput()
		assert.Error(t, err, "%s", out)
		return string(out)
	}
	run("-test.fuzz=^FuzzSyncMap$", "-test.fuzztime=30s", "-test.fuzzcachedir="+filepath.Join(dir, "cache"))
	found, err := filepath.Glob(filepath.Join(dir, "testdata", "fuzz", "FuzzSyncMap", "*"))
	require.NoError(t, err)
	require.NotEmpty(t, found)
	out := run("-test.count=50", "-test.failfast") // what it finds may be an order of two workers, which a loaded machine seldom takes
	assert.Contains(t, out, "--- FAIL: FuzzSyncMap/"+filepath.Base(found[0]))
	assert.Contains(t, out, "mapfuzz: *mapfuzz_test.forgetful: ")
	assert.Contains(t, out, "(2")
}
