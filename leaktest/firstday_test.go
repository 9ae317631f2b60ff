package leaktest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

const firstDayCode = `package shop

import "os"

type DB struct{ wake chan int }

func Open() *DB {
	db := &DB{make(chan int)}
	begun := make(chan int)
	go db.flush(begun)
	<-begun
	return db
}

func (db *DB) flush(begun chan int) { close(begun); <-db.wake }

// Job is small enough to be inlined.
func Job(wake chan int) func() { return func() { <-wake } }

type Entry struct{ data [64]byte }

var cache []*Entry

func Remember() { cache = append(cache, new(Entry)) }

var files []*os.File

func Log(name string) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	files = append(files, f)
}

type Stats struct{ Out int }

var Slots Stats
`

const firstDayTests = `package shop

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
)

func TestMain(m *testing.M) {
	slots := poolassert.Watch("slots", func() Stats { return Slots }, poolassert.Gauge[Stats]{Name: "Out", Value: func(s Stats) int64 { return int64(s.Out) }})
	leaktest.Main(m, leaktest.Baseline("testdata/leaks.txt"), leaktest.Pools(slots))
}

// started waits until all goroutines have begun: one that has not has another function on its stack.
func started() {
	buf := make([]byte, 1<<20)
	for strings.Contains(string(buf[:runtime.Stack(buf, true)]), "[runnable") {
		runtime.Gosched()
	}
}

// has reports whether the test is to leak something now.
func has(what string) bool { return strings.Contains(os.Getenv("LEAKS"), what) }
func mended(what string) bool { return strings.Contains(os.Getenv("MENDED"), what) }

func TestOpen(t *testing.T)     { if !mended("TestOpen") { Open() } }
func TestOpenTwice(t *testing.T) { Open(); if !mended("TestOpenTwice") { Open() } }
func TestJob(t *testing.T)      { go Job(make(chan int))(); started() }
func TestClosure(t *testing.T)  { c := make(chan int); go func() { <-c }(); started() }
func TestRemember(t *testing.T) { leaktest.Check(t, leaktest.Heap()); for range 100 { Remember() } }
func TestLog(t *testing.T)      { Log(filepath.Join(t.TempDir(), "access.log")) }
func TestLogs(t *testing.T)     { for _, n := range []string{"a", "b", "c", "d", "e", "f1"} { Log(filepath.Join(t.TempDir(), n+".log")) } }
func TestSlots(t *testing.T)    { Slots.Out++ }
func TestAll(t *testing.T)      { Open(); Log(filepath.Join("testdata", "all.log")); Slots.Out += 2 }
`

var firstDay = func() map[string]string {
	tests := firstDayTests
	for i := range 21 {
		tests += fmt.Sprintf("func TestClean%02d(t *testing.T) { if has(t.Name()) { Open() } }\n", i)
	}
	return map[string]string{"shop.go": firstDayCode, "shop_test.go": tests, "testdata/keep": ""}
}

// A module with 30 tests, of which 9 leak, adopts Main with one line and LEAKTEST=baseline.
func TestFirstDay(t *testing.T) {
	t.Parallel()
	m := newModule(t, firstDay())
	run := m.build(t, "")
	file := func() string { return m.read(t, "testdata/leaks.txt") }

	out, code := run("")
	assert.Equal(t, 2, code, out)
	assert.Contains(t, out, `testdata/leaks.txt does not exist: LEAKTEST=baseline go test . writes it with the leaks that there are`)

	out, code = run("baseline")
	assert.Zero(t, code, out)
	lines := 17
	if !detailed { // two kinds of objects that one function allocates
		lines--
	}
	assert.Contains(t, out, fmt.Sprintf("leaktest: testdata/leaks.txt: %d lines added\n", lines))
	assert.NotContains(t, out, "leaked")
	golden(t, "firstday", file())

	for _, args := range [][]string{nil, {"-test.count=3"}, {"-test.shuffle=7"}, {"-test.short"}, {"-test.run=TestOpen"}, {"-test.skip=TestOpen"}, {"-test.cpu=1,2"}} {
		out, code = run("", args...)
		assert.Zero(t, code, out)
		assert.NotContains(t, out, "leak", args)
	}

	out, code = run("LEAKS=TestClean07")
	assert.Equal(t, 1, code)
	assert.Equal(t, []string{"TestClean07"}, failed(out))
	const line = "example.org/shop  TestClean07  1  goroutine example.org/shop.(*DB).flush\n"
	assert.Contains(t, out, "To let it pass until it is mended, write in testdata/leaks.txt:\n        "+line)
	m.write(t, "testdata/leaks.txt", file()+line)
	out, code = run("LEAKS=TestClean07")
	assert.Zero(t, code, out)
	out, code = run("baseline")
	assert.Zero(t, code, out)
	assert.Contains(t, out, "leaktest: testdata/leaks.txt: 1 line removed\n")

	out, code = run("MENDED=TestOpen,TestOpenTwice")
	assert.Equal(t, 1, code)
	assert.Empty(t, failed(out))
	assert.Contains(t, out, "known leaks are gone\n")
	assert.Regexp(t, `testdata/leaks.txt:\d+: TestOpen does not leak this any more: goroutine example.org/shop.\(\*DB\).flush\n`, out)
	assert.Contains(t, out, "Delete the line, or run LEAKTEST=baseline go test .\n")
	assert.NotContains(t, out, "TestOpenTwice", "it still leaks one")

	before := strings.Replace(file(), "TestSlots  1  pool slots Out\n", "TestSlots  1  pool slots Out  # SHOP-17\n", 1)
	before = strings.Replace(before, "example.org/shop  TestRemember", "# the cache has no limit\nexample.org/shop  TestRemember", 1)
	m.write(t, "testdata/leaks.txt", before)
	out, code = run("baseline MENDED=TestOpen,TestOpenTwice LEAKS=TestClean07")
	assert.Zero(t, code, out)
	assert.Contains(t, out, "leaktest: testdata/leaks.txt: 1 line removed and 1 line with a lower count; leaks that are not in it: 1; LEAKTEST=baseline=add adds them\n")
	want := strings.Replace(before, "example.org/shop  TestOpen  1  goroutine example.org/shop.(*DB).flush\n", "", 1)
	want = strings.Replace(want, "TestOpenTwice  2  goroutine", "TestOpenTwice  1  goroutine", 1)
	assert.Equal(t, want, file())
	out, code = run("MENDED=TestOpen,TestOpenTwice")
	assert.Zero(t, code, out)

	out, code = run("")
	assert.Equal(t, 1, code)
	assert.Equal(t, []string{"TestOpen", "TestOpenTwice"}, failed(out))
	assert.Regexp(t, `known +1 more than the 1 in testdata/leaks.txt:\d+\n`, out)
	assert.Contains(t, out, "example.org/shop  TestOpenTwice  2  goroutine example.org/shop.(*DB).flush\n")

	out, code = run("baseline=add LEAKS=TestClean07")
	assert.Zero(t, code, out)
	assert.Contains(t, out, "leaktest: testdata/leaks.txt: 2 lines added and 1 line with a higher count\n")
	out, code = run("LEAKS=TestClean07")
	assert.Zero(t, code, out)
}
