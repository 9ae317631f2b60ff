package leaktest_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/long"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// kernelResult is what testdata/kernels/harness.go prints and explains;
// goroutines are ids, and whether the runtime has proven that it leaked.
type kernelResult struct {
	Before, Found, After map[string]bool
	Goleak               []string
	Text, Missed         string
}

// kernelSum is what all kernels together have come to.
type kernelSum struct {
	sync.Mutex
	run, leaked, goroutines, proven int
}

// noVerdict are the kernels that no check can judge, and why.
var noVerdict = map[string]string{
	"SelectNoCasesMain": "never returns, and ends the process", // Go 1.27
}

// TestKernels runs the programs that Go tests its own goroutine leak profile
// with, GoBench's GoKer among them, each in a process of its own under a check:
// what it leaves behind is found, goroutine by goroutine, and nothing else is.
//
// Their sources are those of the Go that runs the test; none is kept here.
func TestKernels(t *testing.T) {
	dir := kernelSources(t)
	var sum kernelSum
	registered := 0
	t.Run("each", func(t *testing.T) { // is over when its parallel subtests are
		for _, sources := range []string{dir, filepath.Join(dir, "goker")} {
			program, names := buildKernels(t, sources)
			registered += len(names)
			for i, name := range names {
				if !long.Run() && i%8 != 0 {
					continue
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					testKernel(t, program, name, &sum)
				})
			}
		}
	})
	t.Logf("%d kernels, %d run, %d left goroutines behind: %d, of them %d proven",
		registered, sum.run, sum.leaked, sum.goroutines, sum.proven)
	if sum.run == 0 || t.Failed() {
		return // -run has chosen none, or it has been said what is wrong
	}
	// Which of them leak is up to the scheduler; of Go 1.26's 85 all but two do
	// in most runs.
	assert.GreaterOrEqual(t, sum.leaked, sum.run*9/10-2, "kernels that leave goroutines behind")
	if sum.run > 2 && pprof.Lookup("goroutineleak") != nil {
		assert.NotZero(t, sum.proven, "goroutines that are proven to have leaked")
	}
}

func testKernel(t *testing.T, program, name string, sum *kernelSum) {
	if why := noVerdict[name]; why != "" {
		t.Skip(why)
	}
	var r kernelResult
	var err error
	// Once more, and with more time, when the kernel has crashed, was still in
	// flux or has left nothing: that is up to the scheduler.
	for attempt := range 5 {
		r, err = runKernel(t, program, name, 300*time.Millisecond<<attempt)
		if err != nil {
			t.Log(err)
			continue
		}
		// Alive all the time that the check looked: that is no flux.
		if r.Missed != "" {
			t.Fatalf("%s left goroutines behind that the check has not found:\n%.8000s", name, r.Missed)
		}
		if len(r.Found) > 0 && slices.Equal(ids(r.Found), ids(r.After)) && len(r.Goleak) == len(r.After) {
			break
		}
	}
	require.NoError(t, err, "running %s", name)

	assert.Equal(t, ids(r.After), ids(r.Found), "left behind, and found")
	slices.Sort(r.Goleak)
	assert.Equal(t, r.Goleak, ids(r.Found), "found by goleak, and by the check")
	if len(r.Found) > 0 {
		assert.Equal(t, len(r.Found), reported(r.Text), r.Text)
	} else {
		assert.Empty(t, r.Text, "the report of a check that has found nothing")
	}
	// A mark of the runtime stays: the kernel's own profile, where it has one,
	// comes before the check, and the dump after it.
	for id, proven := range r.Found {
		assert.False(t, r.Before[id] && !proven, "goroutine %s was proven before the check, which does not say so", id)
		if pprof.Lookup("goroutineleak") == nil {
			continue // the check's own proof, on a Go that has none
		}
		assert.False(t, proven && !r.After[id], "goroutine %s is proven to the check, and not to the runtime", id)
	}

	sum.Lock()
	defer sum.Unlock()
	sum.run++
	if len(r.Found) > 0 {
		sum.leaked++
	}
	for _, proven := range r.Found {
		sum.goroutines++
		if proven {
			sum.proven++
		}
	}
}

var reportedLine = regexp.MustCompile(`(?m)^(?:note: not judged: )?goroutine  \+(\d+) `)

// reported counts the goroutines of a report. Those that timers start over and over
// are in a note, as an earlier test may have set the first timer.
func reported(text string) (n int) {
	for _, m := range reportedLine.FindAllStringSubmatch(text, -1) {
		some, _ := strconv.Atoi(m[1])
		n += some
	}
	return n
}

func ids(goroutines map[string]bool) []string { return slices.Sorted(maps.Keys(goroutines)) }

// runKernel runs a kernel in a process of its own, under a check that settles
// that long.
func runKernel(t *testing.T, program, name string, settle time.Duration) (r kernelResult, err error) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, name, settle.String())
	cmd.Env = append(os.Environ(), "LEAKTEST=", "GOTRACEBACK=single")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil {
		err = json.Unmarshal(out, &r)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w\n%.4000s", name, cmp.Or(ctx.Err(), err), stderr.String())
	}
	return r, err
}

// kernelSources is the directory in GOROOT that has them.
func kernelSources(t *testing.T) string {
	long.Builds(t)
	missing := func(format string, args ...any) {
		t.Helper()
		if os.Getenv("CI") == "true" {
			t.Fatalf(format, args...)
		}
		t.Skipf(format, args...)
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		missing("the kernels need the go command: %v", err)
	}
	dir := filepath.Join(strings.TrimSpace(string(root)), "src/runtime/testdata/testgoroutineleakprofile")
	if _, err := os.Stat(filepath.Join(dir, "goker")); err != nil {
		missing("this Go has no kernels: %v", err)
	}
	return dir
}

// buildKernels builds the kernels in dir into one program and returns their
// names. Copies of the sources are laid over the harness's directory, so they
// are a package of this module: nothing has to be fetched.
func buildKernels(t *testing.T, dir string) (program string, names []string) {
	harness, err := filepath.Abs("testdata/kernels")
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	tmp, registered := t.TempDir(), 0
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	for _, file := range files {
		base := filepath.Base(file)
		if base == "main.go" {
			continue // the harness stands in for it
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		registered += bytes.Count(text, []byte("\tregister("))
		if pprof.Lookup("goroutineleak") == nil {
			text = bytes.ReplaceAll(text, []byte(`Lookup("goroutineleak")`), []byte(`Lookup("goroutine")`))
		}
		copied := filepath.Join(tmp, base)
		require.NoError(t, os.WriteFile(copied, text, 0o600))
		overlay.Replace[filepath.Join(harness, base)] = copied
	}
	overlayFile := filepath.Join(tmp, "overlay.json")
	text, err := json.Marshal(overlay)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(overlayFile, text, 0o600))

	program = filepath.Join(tmp, "kernels.exe") // the suffix is for Windows
	build := exec.Command("go", "build", "-buildvcs=false", "-overlay", overlayFile, "-o", program, ".")
	build.Dir = harness
	build.Env = append(build.Environ(), "GOPROXY=off")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	list, err := exec.Command(program).Output()
	require.NoError(t, err)
	names = strings.Fields(string(list))
	require.Len(t, names, registered, "kernels that register in %s", dir)
	return program, names
}
