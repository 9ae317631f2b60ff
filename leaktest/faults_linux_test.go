package leaktest_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/leakassert/leakassert/internal/faults"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each test of testdata/faults leaks another kind of resource.
var faultsBinary = newBinary("faults")

// on returns what has a command run on a machine with faults.
func on(t *testing.T, all ...faults.Fault) func(*exec.Cmd) {
	return func(cmd *exec.Cmd) { faults.Command(t, cmd, all...) }
}

// sections are what each test prints, by its name.
func sections(output string) map[string]string {
	all := make(map[string]string)
	begins := regexp.MustCompile(`(?m)^=== RUN   (\w+)\n`)
	at := begins.FindAllStringSubmatchIndex(output, -1)
	for i, m := range at {
		end := len(output)
		if i+1 < len(at) {
			end = at[i+1][0]
		}
		all[output[m[2]:m[3]]] = output[m[1]:end]
	}
	return all
}

// On a machine that is broken each leak is still found, and what can't be seen there is said.
func TestBrokenMachines(t *testing.T) {
	goroutine := `goroutine  \+1  chan receive  faults\.TestGoroutine\.func1  \S*faults_test\.go:\d+\n`
	listener := `fd         \+1  \d+ tcp  127\.0\.0\.1:\d+  LISTEN\n`
	heap := `heap       \+10 objects  \+1\.1 KiB  \*faults\.session\n`
	pool := `pool       \+1  seats  InUse 0 → 1\n`
	for _, c := range []struct {
		why    string
		fault  faults.Fault
		crowd  bool
		passes []string // the tests that don't fail
		says   map[string][]string
	}{
		{"nothing is mounted at /proc", faults.NoProc, false, []string{"TestClean", "TestCommand", "TestCrowd", "TestSettles", "TestJumps"}, map[string][]string{
			"TestGoroutine": {goroutine, `created by  faults\.TestGoroutine`},
			"TestFile":      {`fd         \+1  \d+ file  O_RDONLY\n +not read    path: no such file or directory\n`},
			"TestSocket":    {listener},
			"TestHeap":      {heap, `note: heap: what holds the objects is not known: heap dump: open /proc/self/fd/: no such file or directory`},
			"TestPool":      {pool},
			"TestCommand":   {`note: fd: not checked: open /proc/\d+/fd: no such file`, `note: process: not checked: /proc shows no processes`},
		}},
		{"/proc may not be read", faults.ClosedProc, false, []string{"TestClean", "TestCommand", "TestCrowd", "TestSettles", "TestJumps"}, map[string][]string{
			"TestGoroutine": {goroutine},
			"TestFile":      {`fd         \+1  \d+ file  O_RDONLY\n +not read    path: permission denied\n`},
			"TestSocket":    {listener},
			"TestHeap":      {heap, `note: heap: what holds the objects is not known: heap dump: open /proc/self/fd/: permission denied`},
			"TestPool":      {pool},
			"TestCommand":   {`note: fd: not checked: open /proc/\d+/fd: permission denied`, `note: process: not checked: open /proc: permission denied`},
		}},
		{"no process can be started", faults.NoFork, false, []string{"TestClean", "TestCrowd", "TestSettles", "TestJumps"}, map[string][]string{
			"TestGoroutine": {goroutine},
			"TestFile":      {`fd         \+1  \d+ leaktest/testdata/faults/faults_test\.go  O_RDONLY\n`},
			"TestSocket":    {listener},
			"TestHeap":      {heap, `note: heap: what holds the objects is not known: heap dump: fork: resource temporarily unavailable`},
			"TestPool":      {pool},
			"TestCommand":   {`leaktest: Command: /bin/sh: it does not start: fork/exec /bin/sh: resource temporarily unavailable`},
		}},
		{"all descriptors are taken", faults.Descriptors(40), true, []string{"TestClean", "TestSettles", "TestJumps"}, map[string][]string{
			"TestCrowd": {`TestCrowd leaked \(settled for 30ms\): \d\d descriptors`, `fd         \+\d\d  \d+, \d+, \d+, \d+, … leaktest/testdata/faults/faults_test\.go  O_RDONLY\n`},
			// After it there is none left.
			"TestHeap":      {`TestHeap leaked \(settled for 30ms\): 11 objects`},
			"TestGoroutine": {goroutine},
			"TestPool":      {pool},
			"TestCommand":   {`: too many open files`},
			"TestFile":      {`open faults_test\.go: too many open files`},
			"TestSocket":    {`too many open files`},
		}},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			env := []string{"LEAKTEST=", "GITHUB_ACTIONS="}
			if c.crowd {
				env = append(env, "CROWD=first")
			}
			output, code := faultsBinary.runPrepared(t, on(t, c.fault), env, "-test.v")
			assert.Equal(t, 1, code)
			assert.NotContains(t, output, "panic: ")
			said := sections(output)
			require.Len(t, said, 10, output)
			for test, text := range said {
				assert.Equal(t, slices.Contains(c.passes, test), regexp.MustCompile(`(?m)^--- PASS: `).MatchString(text), text)
				for _, pattern := range c.says[test] {
					assert.Regexp(t, pattern, text)
				}
			}
		})
	}
}

// Where findings can't be written, the report is as without it, and a line says so. On the exhausted disk
// T.ArtifactDir fails the test and ends its goroutine.
func TestDisksWithoutRoom(t *testing.T) {
	root, err := filepath.Abs("..")
	require.NoError(t, err)
	for _, c := range []struct {
		why   string
		fault func(dir string) faults.Fault
		kept  string // why nothing is in the folder of artifacts
	}{
		{"full", faults.Full, `write \S+: no space left on device`},
		{"exhausted", faults.Exhausted, `there is no such folder`},
	} {
		t.Run(c.why, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file, summary := filepath.Join(dir, "leaks.json"), filepath.Join(dir, "summary.md")
			output, code := faultsBinary.runPrepared(t, on(t, c.fault(dir)),
				[]string{"LEAKTEST=json=" + file, "GITHUB_ACTIONS=true", "GITHUB_WORKSPACE=" + root, "GITHUB_STEP_SUMMARY=" + summary},
				"-test.v", "-test.run=Goroutine|Pool|Clean", "-test.artifacts", "-test.outputdir="+dir)
			assert.Equal(t, 1, code)
			assert.Contains(t, output, "leaktest: LEAKTEST=json="+file+": the findings are not written: no space left on device\n")
			assert.Contains(t, output, "leaktest: GITHUB_STEP_SUMMARY="+summary+": the findings are not written: no space left on device\n")
			said := sections(output)
			for test, leak := range map[string]string{"TestGoroutine": "1 goroutine", "TestPool": "1 pool slot"} {
				assert.Contains(t, said[test], test+" leaked (settled for 30ms): "+leak)
				assert.Contains(t, said[test], "--- FAIL: "+test)
				assert.Contains(t, said[test], "::error ", "the annotation")
				assert.Regexp(t, `leaktest: `+test+`: the findings are not written to the folder of -artifacts: `+c.kept, said[test])
			}
			assert.Contains(t, said["TestClean"], "--- PASS: TestClean")
		})
	}
	t.Run("device", func(t *testing.T) {
		output, code := faultsBinary.run(t, []string{"LEAKTEST=json=/dev/full"}, "-test.run=Pool")
		assert.Equal(t, 1, code)
		assert.Contains(t, output, "leaktest: LEAKTEST=json=/dev/full: the findings are not written: it is not a regular file\n")
		assert.Contains(t, output, "TestPool leaked")
	})
}

// A file of known leaks that can't be written fails the package, and says so.
func TestKnownLeaksThatCantBeWritten(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		fault func(dir string) faults.Fault
		why   string
	}{{faults.Full, "no space left on device"}, {faults.ReadOnly, "read-only file system"}} {
		dir := t.TempDir()
		output, code := faultsBinary.runPrepared(t, on(t, c.fault(dir)),
			[]string{"LEAKTEST=baseline", "KNOWN=" + filepath.Join(dir, "leaks.txt")}, "-test.run=Pool")
		assert.NotZero(t, code, output)
		assert.Contains(t, output, c.why)
	}
}

// What needs processes of its own says that it gets none.
func TestModesWithoutProcesses(t *testing.T) {
	for words, c := range map[string]struct {
		code int
		says string
	}{
		"selftest": {2, `leaktest: LEAKTEST=selftest: the process that plants leaks: fork/exec \S+: resource temporarily unavailable\n`},
		"bisect":   {2, `bisect: run 1: fork/exec \S+: resource temporarily unavailable\n`},
		"stored":   {1, `TestHeap leaked (?s:.*)stored by   not known: what holds it, or its declaration, is not known(?s:.*)note: heap: what holds the objects is not known: heap dump: fork: resource temporarily unavailable`},
	} {
		t.Run(words, func(t *testing.T) {
			t.Parallel()
			output, code := faultsBinary.runPrepared(t, on(t, faults.NoFork), []string{"LEAKTEST=" + words}, "-test.run=Heap|Clean")
			assert.Equal(t, c.code, code, output)
			assert.Regexp(t, c.says, output)
		})
	}
}

// Without the go command nothing is lost but what needs it.
func TestWithoutTheGoCommand(t *testing.T) {
	t.Parallel()
	none := []string{"PATH=/nonexistent", "GOROOT="}
	output, code := bisectBinary.run(t, append([]string{"LEAKTEST=settle=50ms,bisect", "BISECT=blamed"}, none...))
	assert.Equal(t, 1, code)
	assert.Contains(t, output, "bisect: a set of 2 of 13 tests reproduces it: TestFills, TestBlamed\n", "a bisection does not need it")
	output, code = faultsBinary.run(t, append([]string{"LEAKTEST=trace,stored"}, none...), "-test.run=Heap|Goroutine|File")
	assert.Equal(t, 1, code)
	for _, text := range []string{"TestHeap leaked", "TestGoroutine leaked", "TestFile leaked", "stored by   not known: the go command is not in PATH"} {
		assert.Contains(t, output, text)
	}
}
