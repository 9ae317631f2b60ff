package leaktest_test

import (
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const sharedTests = `package PKG

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest"
)

func TestMain(m *testing.M) {
	if has("plain") {
		leaktest.Main(m)
	}
	leaktest.Main(m, leaktest.Baseline("../leaks.txt"))
}

func has(what string) bool { return strings.Contains(os.Getenv("CASE"), what) }

func wait(c chan int) { <-c }

func leak() { go wait(make(chan int)); started() }

// started waits until all goroutines have begun: one that has not has another function on its stack.
func started() {
	buf := make([]byte, 1<<20)
	for strings.Contains(string(buf[:runtime.Stack(buf, true)]), "[runnable") {
		runtime.Gosched()
	}
}

func TestLeaks(t *testing.T) {
	if has("skips") {
		t.Skip()
	}
	if has("fails") {
		t.Fatal("broken")
	}
	if !has("mended") {
		leak()
	}
}

func TestTable(t *testing.T) {
	for i := range 3 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			if i == 2 && !has("mended") {
				leak()
			}
		})
	}
}

func TestSub(t *testing.T) {
	t.Run("checked", func(t *testing.T) {
		if has("subskips") {
			t.Skip()
		}
		leaktest.Check(t)
		if !has("mended") {
			leak()
		}
	})
}

func TestTimer(t *testing.T) {
	if !has("mended") {
		<-after()
	}
}

//go:noinline
func after() chan int {
	fired := make(chan int)
	time.AfterFunc(time.Nanosecond, func() { close(fired); wait(nil) })
	return fired
}

func TestParallel(t *testing.T) {
	for _, name := range []string{"a", "b"} {
		t.Run(name, func(t *testing.T) { t.Parallel(); f, _ := os.Open(os.DevNull); kept.Store(f, name) })
	}
}

var kept sync.Map

func Example() {
	if !has("mended") {
		leak()
	}
	// Output:
}
`

func TestBaselineUnderMain(t *testing.T) {
	t.Parallel()
	m := newModule(t, map[string]string{
		"a/a_test.go": strings.Replace(sharedTests, "PKG", "a", 1),
		"b/b_test.go": strings.Replace(sharedTests, "PKG", "b", 1),
	})
	a, b := m.build(t, "a"), m.build(t, "b")
	// Both packages twice at the same time, with a file that does not exist.
	var all sync.WaitGroup
	for range 2 {
		for _, run := range []func(string, ...string) (string, int){a, b} {
			all.Go(func() {
				out, code := run("baseline=add")
				assert.Zero(t, code, out)
			})
		}
	}
	all.Wait()
	written := m.read(t, "leaks.txt")
	golden(t, "shared", written)
	for _, args := range [][]string{nil, {"-test.count=2"}, {"-test.v"}} {
		out, code := b("", args...)
		assert.Zero(t, code, out)
		assert.NotContains(t, out, "leaked")
	}
	out, code := b("repeat=2")
	assert.Zero(t, code, out)

	out, code = b("CASE=mended")
	assert.Equal(t, 1, code)
	assert.Empty(t, failed(out))
	_, gone, _ := strings.Cut(out, "known leaks are gone")
	golden(t, "gone", gone)

	stale := func(env string, args ...string) (lines []string) {
		out, code := b(env, args...)
		for line := range strings.Lines(out) {
			if strings.Contains(line, "does not leak this any more") {
				lines = append(lines, strings.Fields(line)[1])
			}
		}
		assert.Equal(t, len(lines) > 0 || strings.Contains(env, "fails"), code != 0, out)
		return lines
	}
	assert.Equal(t, []string{"TestLeaks", "TestTable"}, stale("CASE=mended", "-test.run=TestLeaks|TestTable"), "what has run")
	assert.Equal(t, []string{"TestLeaks"}, stale("CASE=mended", "-test.run=TestLeaks|TestTable/1"), "not what has run in part")
	assert.Empty(t, stale("CASE=mended", "-test.short"))
	assert.Empty(t, stale("CASE=skips"))
	assert.Empty(t, stale("CASE=fails"))
	assert.Empty(t, stale("CASE=subskips"), "a check that has not run judges nothing")
	assert.Empty(t, stale("CASE=mended,skips TEST_TOTAL_SHARDS=2", "-test.run=TestLeaks"))

	out, _ = b("CASE=skips,mended")
	assert.Regexp(t, `note: leaks.txt:\d+: not seen in this run, in which not all tests have run to their end: goroutine example.org/shop/b.after.func\n`, out)
	assert.NotContains(t, out, "the package does not leak")

	m.write(t, "leaks.txt", written+"example.org/shop/b  TestGone  1  fd file a.log\n")
	out, code = b("")
	assert.Zero(t, code, out)
	assert.Regexp(t, `note: leaks.txt:\d+: no check of TestGone has run: delete the line if there is no such test\n`, out)
	out, code = b("baseline")
	assert.Zero(t, code, out)
	assert.Contains(t, m.read(t, "leaks.txt"), "TestGone", "it did not run")

	out, code = b("baseline CASE=mended")
	assert.Zero(t, code, out)
	assert.Contains(t, m.read(t, "leaks.txt"), "example.org/shop/a  TestLeaks", "of another package")
	assert.NotContains(t, m.read(t, "leaks.txt"), "example.org/shop/b  TestLeaks")
	out, code = b("CASE=mended")
	assert.Zero(t, code, out)
	out, code = b("")
	assert.Equal(t, 1, code)
	assert.Equal(t, []string{"Example", "TestLeaks", "TestSub", "TestSub/checked", "TestTable"}, failed(out))
	assert.Contains(t, out, "example.org/shop/b  -  1  goroutine example.org/shop/b.after.func\n")

	out, code = b("warn")
	assert.Zero(t, code, out)
	out, code = b("off")
	assert.Zero(t, code, out)

	out, _ = b("baseline CASE=plain,mended")
	assert.Contains(t, out, `leaktest: LEAKTEST=baseline: Main has no option leaktest.Baseline("testdata/leaks.txt"), so nothing is written for it`)
	m.write(t, "leaks.txt", "# x\nbroken\n")
	out, code = b("")
	assert.Equal(t, 2, code)
	assert.Equal(t, "leaktest: Baseline(\"../leaks.txt\"): leaks.txt:2: a line has a package, a test, a count and a leak, with spaces between them\n", out)
	out, code = b("", "-test.list=TestLeaks")
	assert.Zero(t, code, out)
}

// Consumers of go test -json see stale lines as the output of a test that fails.
func TestStaleLinesInJSON(t *testing.T) {
	t.Parallel()
	m := newModule(t, map[string]string{
		"a/a_test.go": strings.Replace(sharedTests, "PKG", "a", 1),
		"leaks.txt":   "example.org/shop/a  TestLeaks  1  goroutine example.org/shop/a.gone\n",
	})
	cmd := exec.Command("go", "test", "-json", "-run=TestLeaks", "./a")
	cmd.Dir = m.dir
	cmd.Env = append(cmd.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "CASE=mended")
	out, err := cmd.Output()
	require.Error(t, err)
	assert.Contains(t, string(out), `"Action":"fail","Package":"example.org/shop/a","Test":"TestMain"`)
	assert.Contains(t, string(out), `TestLeaks does not leak this any more: goroutine example.org/shop/a.gone`)
}
