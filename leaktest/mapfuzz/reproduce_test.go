package mapfuzz_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/examples/maps/broken"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The test that a report has to paste compiles, and fails.
func TestReproduction(t *testing.T) {
	for newMap, report := range map[string]func(mapfuzz.TB){
		"*LosesUpdates[string, *int] { return new(LosesUpdates[string, *int]) }": func(t mapfuzz.TB) {
			mapfuzz.Test(t, func() mapfuzz.Map[string, *int] { return new(broken.LosesUpdates[string, *int]) }, mapfuzz.Only("duel"), mapfuzz.Budget(10*time.Second))
		},
		"*UnlocksEarly[any, [2]uint8] { return new(UnlocksEarly[any, [2]uint8]) }": func(t mapfuzz.TB) {
			mapfuzz.Test(t, func() mapfuzz.Map[any, [2]uint8] { return new(broken.UnlocksEarly[any, [2]uint8]) }, mapfuzz.Only("duel"), mapfuzz.Budget(10*time.Second))
		},
	} {
		f := faketb.New("T")
		report(f)
		_, test, found := strings.Cut(f.Errors(), "func TestReproduce")
		require.True(t, found, f.Errors())
		test, _, _ = strings.Cut(test, "\n}\n")
		dir := t.TempDir()
		file := filepath.Join(dir, "reproduce_test.go")
		require.NoError(t, os.WriteFile(file, []byte("package broken\n\nimport (\n\t\"runtime\"\n\t\"sync\"\n\t\"sync/atomic\"\n\t\"testing\"\n)\n\nfunc newMap() "+newMap+"\n\nfunc TestReproduce"+test+"\n}\n"), 0o666))
		pkg, err := filepath.Abs("../../examples/maps/broken")
		require.NoError(t, err)
		overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(pkg, "reproduce_test.go"): file}})
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o666))
		cmd := exec.CommandContext(t.Context(), "go", "test", "-overlay", filepath.Join(dir, "overlay.json"), "-run", "TestReproduce", ".")
		cmd.Dir = pkg
		out, err := cmd.CombinedOutput()
		assert.Error(t, err, f.Errors())
		assert.Contains(t, string(out), "no order of the operations explains that", "%s\n%s", out, f.Errors())
	}
}

// A picture is drawn where LEAKTEST says, or somebody keeps what tests leave.
func TestPicture(t *testing.T) {
	report := func(t mapfuzz.TB) {
		mapfuzz.Test(t, losesUpdates, mapfuzz.Only("duel"), mapfuzz.Budget(10*time.Second))
	}
	f := faketb.New("Test/picture")
	report(f)
	assert.Contains(t, f.Errors(), "\nTo draw it, set LEAKTEST=pictures=DIR or run go test -artifacts")
	dir := filepath.Join(t.TempDir(), "new")
	t.Setenv("LEAKTEST", "pictures="+dir)
	f = faketb.New("Test/picture")
	report(f)
	assert.Contains(t, f.Errors(), "\npicture: "+filepath.Join(dir, "Test_picture.html"))
	html, err := os.ReadFile(filepath.Join(dir, "Test_picture.html"))
	require.NoError(t, err)
	assert.Regexp(t, `(Store|Delete)\(`, string(html))

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o666))
	t.Setenv("LEAKTEST", "pictures="+file)
	f = faketb.New("T")
	report(f)
	assert.Regexp(t, `Load\(.*\) returned`, f.Errors())
	assert.Contains(t, f.Errors(), "\nno picture: mkdir "+file)
}
