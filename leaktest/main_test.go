package leaktest_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/long"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A binary is a test binary of a package below testdata, built once.
type binary struct {
	pkg   string
	name  string // of the file, "" for one made of the package and the flags
	flags []string
	build func() (string, error)
}

var binaries struct {
	dir string
	sync.Mutex
}

// binariesDir is the folder of all binaries. TestMain removes it.
func binariesDir() (string, error) {
	binaries.Lock()
	defer binaries.Unlock()
	if binaries.dir == "" {
		dir, err := os.MkdirTemp("", "leaktest")
		if err != nil {
			return "", err
		}
		binaries.dir = dir
	}
	return binaries.dir, nil
}

func newBinary(pkg string, flags ...string) *binary {
	b := &binary{pkg: pkg, flags: flags}
	b.build = sync.OnceValues(func() (string, error) {
		dir, err := binariesDir()
		if err != nil {
			return "", err
		}
		file := filepath.Join(dir, cmp.Or(b.name, pkg+strings.Join(flags, ""))+".test")
		args := append([]string{"test", "-c", "-o", file}, flags...)
		if raceEnabled && !slices.Contains(flags, "-race") {
			args = append(args, "-race")
		}
		out, err := exec.Command("go", append(args, "./testdata/"+pkg)...).CombinedOutput()
		if err != nil {
			return "", errors.New(string(out))
		}
		return file, nil
	})
	return b
}

var (
	suiteBinary    = newBinary("suite")
	coverBinary    = newBinary("suite", "-cover")
	parallelBinary = newBinary("parallel")
	parallelRace   = newBinary("parallel", "-race")
	teardownBinary = newBinary("teardown")
	repeatBinary   = newBinary("repeat")
	escapesBinary  = newBinary("escapes")
	fuzzBinary     = newBinary("fuzz", "-fuzz=Fuzz")
)

func TestMain(m *testing.M) {
	code := m.Run()
	os.RemoveAll(binaries.dir)
	os.Exit(code)
}

// run runs the binary in the folder of its package and returns what it prints.
func (b *binary) run(t *testing.T, env []string, args ...string) (output string, code int) {
	t.Helper()
	return b.runPrepared(t, func(*exec.Cmd) {}, env, args...)
}

// runPrepared is run with a command that prepare has changed.
func (b *binary) runPrepared(t *testing.T, prepare func(*exec.Cmd), env []string, args ...string) (output string, code int) {
	t.Helper()
	file, err := b.build()
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, file, args...)
	cmd.Dir = filepath.Join("testdata", b.pkg)
	// The race detector sleeps for 1s at each exit otherwise.
	cmd.Env = append(append(os.Environ(), "GORACE=atexit_sleep_ms=20", "NO_COLOR=", "FORCE_COLOR=", "CLICOLOR_FORCE="), env...)
	prepare(cmd)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	require.NoError(t, ctx.Err(), out.String())
	return out.String(), cmd.ProcessState.ExitCode()
}

var failLine = regexp.MustCompile(`(?m)^[\s\x16]*--- FAIL: (\S+)`)

// failed are the names of the tests that an output says have failed, sorted.
func failed(output string) (names []string) {
	for _, m := range failLine.FindAllStringSubmatch(output, -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// leakers are the tests of testdata/suite that must fail.
var leakers = []string{
	"Example_leaks", "FuzzLeaks", "TestChecksItselfAndLeaks", "TestChecksTwice", "TestCleanNoLeakInside", "TestCleanupLeaks", "TestFailsAnyway",
	"TestLeaks", "TestNoLeakInside", "TestParallelSubtests", "TestSubtests", "TestTimerLeaks",
}

func TestMainFailsTheTestThatLeaked(t *testing.T) {
	t.Parallel()
	output, code := suiteBinary.run(t, nil)
	assert.Equal(t, 1, code)
	assert.Equal(t, leakers, failed(output))
	golden(t, "main", steadySuite(output))
}

// The verdicts are the same whatever the test binary is asked to do besides.
func TestMainUnderFlags(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name   string
		binary *binary
		args   []string
	}{
		{"count", suiteBinary, []string{"-test.count=2"}},
		{"shuffle", suiteBinary, []string{"-test.shuffle=7"}},
		{"verbose", suiteBinary, []string{"-test.v"}},
		{"as go test -json runs it", suiteBinary, []string{"-test.v=test2json"}},
		{"cpu", suiteBinary, []string{"-test.cpu=1,2,4"}},
		{"profiles", suiteBinary, []string{"-test.outputdir=" + dir, "-test.cpuprofile=cpu.out", "-test.trace=trace.out", "-test.memprofile=mem.out", "-test.blockprofile=block.out", "-test.mutexprofile=mutex.out", "-test.testlogfile=" + filepath.Join(dir, "log.txt")}},
		{"coverage", coverBinary, []string{"-test.coverprofile=" + filepath.Join(dir, "cover.out")}},
		{"timeout", suiteBinary, []string{"-test.timeout=1m"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			output, code := c.binary.run(t, nil, c.args...)
			assert.Equal(t, 1, code)
			want := leakers
			if c.name == "as go test -json runs it" {
				want = append(slices.Clone(leakers), "TestMain") // whose output is what no test owns
				slices.Sort(want)
			}
			assert.Equal(t, want, failed(output))
			assert.Equal(t, 1, strings.Count(output, "what no test owns leaked"), output)
		})
	}
}

func TestMainRunsWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	output, code := suiteBinary.run(t, nil, "-test.run=^(TestClean|TestSubtests)$/^clean$", "-test.v")
	assert.Zero(t, code, output)
	assert.Contains(t, output, "--- PASS: TestSubtests/clean")

	output, code = suiteBinary.run(t, nil, "-test.list=TestLeaks")
	assert.Zero(t, code, output)
	assert.Equal(t, "TestLeaks\n", output)
}

// What benchmarks leave behind belongs to no test; what an example leaves is the example's.
func TestMainReportsWhatNoTestOwns(t *testing.T) {
	t.Parallel()
	output, code := suiteBinary.run(t, nil, "-test.run=^Example", "-test.bench=.", "-test.benchtime=1x")
	assert.Equal(t, 1, code)
	assert.Equal(t, []string{"Example_leaks"}, failed(output))
	golden(t, "unowned", steadySuite(output[strings.Index(output, "PASS"):]))
}

func TestMainFuzzes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	output, code := fuzzBinary.run(t, nil, "-test.run=^$", "-test.fuzz=^FuzzClean$", "-test.fuzztime=1s", "-test.fuzzcachedir="+dir, "-test.parallel=2")
	assert.Zero(t, code, output)
	assert.NotContains(t, output, "leaked")

	file, read := jsonFile(t)
	output, code = fuzzBinary.run(t, []string{"LEAKTEST=json=" + file}, "-test.run=^$", "-test.fuzz=^FuzzLeaks$", "-test.fuzztime=20s", "-test.fuzzminimizetime=1x", "-test.fuzzcachedir="+dir, "-test.parallel=1")
	defer os.RemoveAll(filepath.Join("testdata", "fuzz", "testdata"))
	assert.Equal(t, 1, code, output)
	assert.Contains(t, output, "FuzzLeaks leaked (settled for 100ms): 1 goroutine")
	assert.Contains(t, output, "Failing input written to")
	assert.Contains(t, testsOf(read()), "FuzzLeaks")
}

func TestRunLeavesTheTeardown(t *testing.T) {
	t.Parallel()
	for range 5 {
		output, code := teardownBinary.run(t, nil)
		assert.Zero(t, code, output)
		assert.Equal(t, "PASS\ntorn down with code 0\n", output)
	}
}

func TestRepeat(t *testing.T) {
	t.Parallel()
	output, code := repeatBinary.run(t, []string{"LEAKTEST=repeat=3", "REPEAT=leaking"})
	assert.Equal(t, 1, code)
	golden(t, "repeat", steadySuite(output))

	// The testing package opens its log and profiles anew for each run.
	dir := t.TempDir()
	output, code = repeatBinary.run(t, []string{"LEAKTEST=repeat=3", "REPEAT=mended"}, "-test.testlogfile="+filepath.Join(dir, "log.txt"),
		"-test.outputdir="+dir, "-test.cpuprofile=cpu.out", "-test.memprofile=mem.out")
	assert.Zero(t, code, output)
	assert.NotContains(t, output, "leaked")

	output, code = repeatBinary.run(t, []string{"LEAKTEST=repeat=3", "REPEAT=mended"})
	assert.Zero(t, code, output)
	assert.Equal(t, "PASS\nPASS\nPASS\n", output)
}

func TestMainObeysLEAKTEST(t *testing.T) {
	t.Parallel()
	output, code := suiteBinary.run(t, []string{"LEAKTEST=off"})
	assert.Equal(t, 1, code)
	assert.Equal(t, []string{"TestFailsAnyway"}, failed(output))

	output, code = suiteBinary.run(t, []string{"LEAKTEST=warn"}, "-test.v", "-test.skip=TestFailsAnyway|TestChecksTwice")
	assert.Zero(t, code)
	assert.Empty(t, failed(output))
	assert.Contains(t, output, "TestLeaks leaked (settled for 100ms): 1 goroutine")

	output, code = suiteBinary.run(t, []string{"LEAKTEST=trace"}, "-test.run=^TestTimerLeaks$")
	assert.Equal(t, 1, code)
	golden(t, "trace", steadySuite(output))

	output, code = suiteBinary.run(t, []string{"LEAKTEST=of"})
	assert.Equal(t, 2, code)
	assert.Equal(t, "leaktest: LEAKTEST=of: unknown word \"of\"; known are off, warn, trace, stored, baseline, baseline=add, selftest, bisect, explore, replay=SCHEDULE, settle=TIME, repeat=N, pictures=DIR, json=FILE, report=DIR and symbols=off|FILE, separated by commas\n", output)
}

// Of 24 tests that run at the same time exactly those six fail that leak, in
// every run.
func TestParallelTestsAreToldApart(t *testing.T) {
	six := []string{"Test04", "Test08", "Test12", "Test16", "Test20", "Test24"}
	runs, built := 2, map[string]*binary{"plain": parallelBinary}
	if long.Run() {
		runs, built["race"] = 20, parallelRace
	}
	for name, b := range built {
		for _, mode := range []string{"main", "before", "after"} {
			t.Run(name+"/"+mode, func(t *testing.T) {
				t.Parallel()
				n := runs
				if mode != "main" {
					n = max(2, runs/4)
				}
				for range n {
					output, code := b.run(t, []string{"PARALLEL=" + mode}, "-test.parallel=24")
					assert.Equal(t, 1, code)
					assert.Equal(t, six, failed(output), output)
					assert.NotContains(t, output, "no test owns")
				}
			})
		}
	}
}

// What nothing ties to one of two tests that ran at the same time is reported
// with the names of both; Main fails neither.
func TestEscapesOfTestsThatOverlap(t *testing.T) {
	t.Parallel()
	const both = "seen during  TestIsThereAtTheSameTime  TestStartsATimer"
	args := []string{"-test.parallel=2", "-test.run=ATimer$|AtTheSameTime"}
	output, code := escapesBinary.run(t, []string{"ESCAPES=main"}, append(args, "-test.skip=First")...)
	assert.Equal(t, 1, code)
	assert.Empty(t, failed(output))
	assert.Regexp(t, `what no test owns leaked \((settled for 100ms|proven, not waited for)\): 1 goroutine`, output)
	assert.Contains(t, output, both)

	output, code = escapesBinary.run(t, []string{"ESCAPES=check"}, append(args, "-test.skip=First")...)
	assert.Equal(t, 1, code)
	assert.Equal(t, []string{"TestIsThereAtTheSameTime"}, failed(output), "the last to end says it")
	assert.Contains(t, output, both)
}

// A timer may have been set by an earlier test: Main reports its goroutine, and
// fails nobody for it.
func TestEscapesOfTestsInARow(t *testing.T) {
	t.Parallel()
	output, code := escapesBinary.run(t, []string{"ESCAPES=main"}, "-test.run=^(TestFirst|TestSecond)")
	assert.Equal(t, 1, code)
	assert.Empty(t, failed(output))
	assert.Contains(t, output, "origin       a timer, set by this test or an earlier one")
	assert.Contains(t, output, "seen during  TestSecondHearsIt")
}

func TestNoEvidenceFromAFunctionThatSoundsLikeATest(t *testing.T) {
	t.Parallel()
	output, code := escapesBinary.run(t, []string{"ESCAPES=main"}, "-test.run=^TestStartsAHelper")
	assert.Equal(t, 1, code)
	assert.Contains(t, output, "seen during  TestStartsAHelper")
	output, code = escapesBinary.run(t, []string{"ESCAPES=check"}, "-test.run=^TestStartsAHelper")
	assert.Equal(t, 1, code)
	assert.Equal(t, []string{"TestStartsAHelper"}, failed(output))
}
