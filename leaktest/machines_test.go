package leaktest_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/leaktest/finding"
	"github.com/leakassert/leakassert/poolassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// jsonFile returns a new file for LEAKTEST=json=FILE, and what reads it.
func jsonFile(t *testing.T) (file string, read func() []finding.Finding) {
	file = filepath.Join(t.TempDir(), "leaks.json")
	return file, func() []finding.Finding {
		f, err := os.Open(file)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		require.NoError(t, err)
		defer f.Close()
		all, err := finding.Read(f)
		require.NoError(t, err)
		return all
	}
}

// testsOf are the tests of findings, sorted.
func testsOf(found []finding.Finding) (tests []string) {
	for _, f := range found {
		tests = append(tests, f.Test)
	}
	slices.Sort(tests)
	return tests
}

// Every exit of findings writes lines: tests under Main, with a check of their own or as the seed of a
// fuzz target, examples, what no test owns, growth over runs, and what LEAKTEST=warn lets pass.
func TestJSONFromEveryExit(t *testing.T) {
	for _, c := range []struct {
		why    string
		binary *binary
		env    []string
		args   []string
		tests  []string // of the findings; "" stands for no test
		check  func(*testing.T, []finding.Finding)
	}{
		{"Main", suiteBinary, nil, []string{"-test.skip=FailsAnyway|ChecksTwice"}, []string{
			"", "Example_leaks", "FuzzLeaks", "TestChecksItselfAndLeaks", "TestCleanNoLeakInside", "TestCleanupLeaks", "TestLeaks", "TestNoLeakInside",
			"TestParallelSubtests", "TestSubtests", "TestTimerLeaks",
		}, nil},
		{"a benchmark", suiteBinary, nil, []string{"-test.run=^$", "-test.bench=.", "-test.benchtime=1x"}, []string{""}, nil},
		{"without Main", escapesBinary, []string{"ESCAPES=check"}, []string{"-test.run=^TestStartsAHelper"}, []string{"TestStartsAHelper"}, nil},
		{"warn", casesBinary, []string{"CASE=leaks", "LEAKTEST+=warn"}, nil, []string{"TestLeaks"}, func(t *testing.T, all []finding.Finding) {
			assert.True(t, all[0].Warned)
		}},
		{"warn without a test", casesBinary, []string{"CASE=leaks unwrapped", "LEAKTEST+=warn"}, nil, []string{""}, func(t *testing.T, all []finding.Finding) {
			assert.True(t, all[0].Warned)
		}},
		{"growth over runs", repeatBinary, []string{"REPEAT=leaking", "LEAKTEST+=repeat=3"}, nil, nil, func(t *testing.T, all []finding.Finding) {
			all = slices.DeleteFunc(all, func(f finding.Finding) bool { return f.Grows == "" || f.Kind != "goroutine" })
			require.Len(t, all, 1)
			assert.Equal(t, "run", all[0].Grows)
			assert.Equal(t, &finding.Growth{PerUnit: 2, Units: 2, Rounds: []int64{2, 2}}, all[0].Growth)
		}},
		{"clean tests", casesBinary, []string{"CASE="}, nil, []string{}, nil},
		{"off", casesBinary, []string{"CASE=leaks", "LEAKTEST+=off"}, nil, []string{}, nil},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			file, read := jsonFile(t)
			env := []string{"LEAKTEST=json=" + file, "GITHUB_ACTIONS="}
			for _, e := range c.env {
				if more, ok := strings.CutPrefix(e, "LEAKTEST+="); ok {
					env[0] += "," + more
				} else {
					env = append(env, e)
				}
			}
			output, _ := c.binary.run(t, env, c.args...)
			all := read()
			if c.tests != nil {
				assert.ElementsMatch(t, c.tests, slices.Compact(testsOf(all)), output)
			}
			for _, f := range all {
				assert.Equal(t, "github.com/leakassert/leakassert/leaktest/testdata/"+c.binary.pkg, f.Package)
				assert.NotEmpty(t, f.Fingerprint)
				assert.Contains(t, output, f.Heading, "the report says it too")
				assert.Contains(t, output, strings.TrimSpace(strings.TrimPrefix(f.Text, f.Kind)))
				assert.Regexp(t, `^leaktest/testdata/`+c.binary.pkg+`/\w+\.go:\d+$`, f.Site())
			}
			if c.tests != nil && len(c.tests) == 0 {
				assert.NoFileExists(t, file, "nothing opens the file")
			}
			if c.check != nil {
				c.check(t, all)
			}
		})
	}
}

// The checks of one test write what their kinds know.
func TestJSONOfEveryKind(t *testing.T) {
	file, read := jsonFile(t)
	t.Setenv("LEAKTEST", "trace,symbols=off,settle=10ms,json="+file)
	t.Setenv("GITHUB_ACTIONS", "")

	faketb.Run("TestOpens", func(f *faketb.TB) {
		leaktest.Check(f)
		opened, err := os.Open("machines_test.go")
		require.NoError(t, err)
		t.Cleanup(func() { opened.Close() })
	})
	faketb.Run("TestTakes", func(f *faketb.TB) {
		type slots struct{ Out, Free int }
		now := slots{0, 5}
		pool := poolassert.Watch("slots", func() slots { return now }, poolassert.Gauge[slots]{Name: "Out", Value: func(s slots) int64 { return int64(s.Out) }})
		leaktest.NoLeak(f, func() { now = slots{1, 4} }, leaktest.Pools(pool), leaktest.Only(leaktest.KindPool))
	})
	c := make(chan bool)
	t.Cleanup(func() { close(c) })
	faketb.Run("TestGrows", func(f *faketb.TB) {
		leaktest.NoGrowth(f, func() { go func() { <-c }() }, leaktest.Only(leaktest.KindGoroutine))
	})
	var kept [][]byte
	faketb.Run("TestKeeps", func(f *faketb.TB) {
		leaktest.NoGrowth(f, func() { kept = append(kept, make([]byte, 1<<10)) }, leaktest.Heap(), leaktest.Only(leaktest.KindHeap))
	})
	kept = nil

	all := read()
	require.Equal(t, []string{"TestGrows", "TestKeeps", "TestOpens", "TestTakes"}, testsOf(all))
	by := make(map[string]finding.Finding)
	for _, f := range all {
		by[f.Test] = f
		if f.Kind != leaktest.KindPool && (f.Kind != leaktest.KindFD || detailed) { // slots have no place
			assert.Regexp(t, `^leaktest/machines_test\.go:\d+$`, f.Site(), f.Test)
		}
		assert.Regexp(t, `^leaktest/machines_test\.go:\d+$`, f.TestPlace.Site(), f.Test)
	}

	fd := by["TestOpens"]
	if detailed {
		require.NotNil(t, fd.Opener)
		assert.Equal(t, fd.Site(), fd.Opener.Site())
		assert.NotEmpty(t, fd.Stacks)
	}
	require.Len(t, fd.Changes, 1)
	assert.Equal(t, finding.Change{Name: fd.Names[0], After: "leaktest/machines_test.go  O_RDONLY"}, fd.Changes[0])

	assert.Equal(t, []finding.Change{{Name: "Out", Before: "0", After: "1"}, {Name: "Free", Before: "5", After: "4"}}, by["TestTakes"].Changes)

	grows := by["TestGrows"]
	assert.Equal(t, "iteration", grows.Grows)
	assert.Equal(t, 1.0, grows.Growth.PerUnit)
	assert.Equal(t, []int64{4, 8, 16, 32, 64, 128}, grows.Growth.Rounds)

	keeps := by["TestKeeps"]
	assert.Equal(t, "iteration", keeps.Grows)
	assert.InDelta(t, 1, keeps.Growth.PerUnit, 0.5)
	assert.InDelta(t, 1<<10, keeps.Growth.BytesPerUnit, 512)
	assert.Contains(t, keeps.Heading, "TestKeeps grows by ")
}

// Where the file can't be written the report is still there.
func TestJSONThatCantBeWritten(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "none", "leaks.json")
	output, code := casesBinary.run(t, []string{"CASE=leaks unwrapped", "LEAKTEST=json=" + file})
	assert.Equal(t, 1, code)
	assert.Equal(t, 1, strings.Count(output, "leaktest: LEAKTEST=json="+file+": the findings are not written: "), output)
	assert.Contains(t, output, "what no test owns leaked")
	output, code = casesBinary.run(t, []string{"CASE=leaks", "LEAKTEST=json=" + file})
	assert.Equal(t, 1, code)
	assert.Contains(t, output, "TestLeaks leaked")
}

// A test runs in the folder of its package, so a relative name would be another file for each.
func TestJSONToARelativeFile(t *testing.T) {
	const says = `leaktest: LEAKTEST=json=leaks.json: "json=leaks.json": a test runs in the folder of its package and can't know where go test was started; write the whole path, json=$PWD/leaks.json`
	output, code := casesBinary.run(t, []string{"CASE=leaks", "LEAKTEST=json=leaks.json"})
	assert.Equal(t, 2, code)
	assert.Equal(t, says+"\n", output)
	t.Setenv("LEAKTEST", "json=leaks.json")
	f, _ := faketb.Run("T", func(f *faketb.TB) { leaktest.Check(f) })
	assert.Equal(t, says, f.Errors())
}

// The second run of a test, for LEAKTEST=stored, tells programs nothing: the first one does.
func TestNothingFromASecondRun(t *testing.T) {
	t.Parallel()
	file, _ := jsonFile(t)
	output, code := casesBinary.run(t, []string{"CASE=leaks", "LEAKTEST=json=" + file, "LEAKASSERT_STORED=" + t.TempDir(), "GITHUB_ACTIONS=true"})
	assert.Equal(t, 1, code)
	assert.Contains(t, output, "TestLeaks leaked")
	assert.NotContains(t, output, "::error")
	assert.NoFileExists(t, file)
}

// An event is one of go test -json.
type event struct{ Action, Test, Output, OutputType, Key, Value string }

// events runs a test binary as go test -json does.
func (b *binary) events(t *testing.T, env []string, args ...string) (all []event) {
	file, err := b.build()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"tool", "test2json", "-p", b.pkg, file, "-test.v=test2json"}, args...)...)
	cmd.Env = append(append(os.Environ(), "GORACE=atexit_sleep_ms=20"), env...)
	cmd.Dir = filepath.Join("testdata", b.pkg)
	out, _ := cmd.Output() // the exit code is the binary's
	for line := range strings.Lines(string(out)) {
		var e event
		require.NoError(t, json.Unmarshal([]byte(line), &e), line)
		all = append(all, e)
	}
	return all
}

// go test -json has the attributes of a test that leaks, and no others.
func TestAttributesInJSON(t *testing.T) {
	t.Parallel()
	got := make(map[string]string)
	for _, e := range casesBinary.events(t, []string{"CASE=leaks", "GITHUB_ACTIONS="}) {
		if e.Action == "attr" {
			got[e.Test+" "+e.Key] = e.Value
		}
	}
	assert.Contains(t, got["TestLeaks leak.fingerprint"], "goroutine")
	assert.Regexp(t, `^leaktest/testdata/cases/main_test\.go:\d+$`, got["TestLeaks leak.site"])
	delete(got, "TestLeaks leak.fingerprint")
	delete(got, "TestLeaks leak.site")
	assert.Equal(t, map[string]string{"TestLeaks leak.kind": "goroutine", "TestLeaks leak.count": "1"}, got)
}
