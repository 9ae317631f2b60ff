package leaktest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
)

// ofType returns what a report says of the type of objects, if it knows types.
func ofType(name string) string {
	if detailed {
		return "  " + name
	}
	return "\n"
}

var heapBinary = newBinary("heap")

// sharedNote says what passes or not by chance.
var sharedNote = regexp.MustCompile(`--- WARN: TestClean\n +note: heap: not judged: a block of 16 bytes .*\n`)

func TestMainWatchesTheHeap(t *testing.T) {
	t.Parallel()
	output, code := heapBinary.run(t, nil, "-test.skip=Parallel|Request")
	assert.Equal(t, 1, code)
	assert.Equal(t, []string{"TestCollected", "TestLeaks"}, failed(output), output)
	golden(t, "heap", steady(sharedNote.ReplaceAllString(output, "")))
	for _, args := range [][]string{{"-test.shuffle=3"}, {"-test.count=2"}, {"-test.v"}} {
		output, _ = heapBinary.run(t, nil, append(args, "-test.skip=Parallel|Request")...)
		assert.Equal(t, []string{"TestCollected", "TestLeaks"}, failed(output), output)
	}
}

func TestMainWatchesTheHeapOfParallelTests(t *testing.T) {
	t.Parallel()
	for range 5 {
		output, code := heapBinary.run(t, nil, "-test.run=Parallel")
		assert.Equal(t, 1, code)
		assert.Empty(t, without(failed(output), "TestParallelLeaks"), output)
		assert.Equal(t, 1, strings.Count(output, "allocated    heap.put"), output)
		assert.Regexp(t, `TestParallelLeaks leaked|by +TestParallelLeaks\n`, output)
	}
}

func without(names []string, name string) (rest []string) {
	for _, n := range names {
		if n != name {
			rest = append(rest, n)
		}
	}
	return rest
}

func TestRepeatFollowsTheHeap(t *testing.T) {
	t.Parallel()
	output, code := heapBinary.run(t, []string{"LEAKTEST=repeat=3", "REPEAT=leaking"}, "-test.run=TestRequest|TestClean")
	assert.Equal(t, 1, code)
	_, report, found := strings.Cut(output, "each run of the suite ")
	assert.True(t, found, output)
	assert.Contains(t, report, "heap       +2 objects  +64 B"+ofType("*heap.entry"))
	assert.Contains(t, report, "grows       +1 +1  1.00 per run over 2 runs")
	assert.Contains(t, report, "allocated   heap.TestRequest  leaktest/testdata/heap/heap_test.go:")
	if detailed {
		assert.Contains(t, report, "held by     heap.requests[…] → *heap.entry")
	}

	output, code = heapBinary.run(t, []string{"LEAKTEST=repeat=3"}, "-test.run=TestRequest|TestClean")
	assert.Zero(t, code, output)
	assert.Equal(t, "PASS\nPASS\nPASS\n", output)
	output, code = heapBinary.run(t, []string{"LEAKTEST=repeat=2"}, "-test.run=TestRequest|TestClean")
	assert.Zero(t, code, output)
	assert.Contains(t, output, "note: heap: not followed over 2 runs: write LEAKTEST=repeat=3")
}

type node struct{ next *node }

var nodes struct {
	head *node
	last *node
}

func TestHeap(t *testing.T) {
	f := faketb.New("T")
	soon := leaktest.Settle(20 * time.Millisecond)
	assert.True(t, leaktest.NoLeak(f, func() {}, leaktest.Heap(), leaktest.Only(leaktest.KindHeap)))
	assert.True(t, leaktest.NoGrowth(f, func() { nodes.last = &node{} }, leaktest.Heap(), leaktest.Only(leaktest.KindHeap)))
	assert.Empty(t, f.Errors()+f.Logs())

	assert.False(t, leaktest.NoLeak(f, func() { nodes.head = &node{nodes.head} }, leaktest.Heap(), soon))
	assert.Contains(t, f.Errors(), "heap       +1 object  +8 B"+ofType("*leaktest_test.node"))
	f = faketb.New("T")
	assert.False(t, leaktest.NoGrowth(f, func() { nodes.head = &node{nodes.head} }, leaktest.Heap(), soon))
	assert.Regexp(t, `^T grows by 1.00 objects and 8 B an iteration`, f.Errors())
	f = faketb.New("T")
	assert.True(t, leaktest.NoLeak(f, func() { nodes.head = &node{nodes.head} }, leaktest.Heap(memassert.MaxObjects(1)), soon), f.Errors())
	assert.True(t, leaktest.NoLeak(f, func() { nodes.head = &node{nodes.head} }, leaktest.Heap(), leaktest.IgnoreFunc("github.com/leakassert/leakassert/leaktest_test..."), soon), f.Errors())
	nodes.head = nil
}

// A collection for the heap does not hide that nobody has closed a file, whatever
// the order of the options.
func TestHeapAndForgottenFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	for _, opts := range [][]leaktest.Option{{leaktest.Heap(), leaktest.FDs()}, {leaktest.FDs(), leaktest.Heap()}} {
		f := faketb.New("T")
		assert.False(t, leaktest.NoLeak(f, func() { _, _ = os.Create(path) }, append(opts, leaktest.Settle(20*time.Millisecond))...))
		assert.Contains(t, f.Errors(), "T leaked (settled for 20ms): 1 descriptor\n", "the file's object is garbage: the heap has no finding")
		assert.Contains(t, f.Errors(), "closed only by the garbage collector")
	}
}

// Goroutines and what they hold are told together.
func TestHeapOfAGoroutine(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	f := faketb.New("T")
	assert.False(t, leaktest.NoLeak(f, func() {
		n := &node{&node{}}
		go func() { <-stop; n.next = nil }()
	}, leaktest.Goroutines(), leaktest.Heap(), leaktest.Settle(20*time.Millisecond)))
	assert.Contains(t, f.Errors(), "1 goroutine, 2 objects")
	assert.Contains(t, f.Errors(), ofType("*leaktest_test.node"))
}

func TestSnapshotOfTheHeap(t *testing.T) {
	before := leaktest.Snapshot(leaktest.Heap(), leaktest.Settle(20*time.Millisecond))
	defer before.Close()
	assert.True(t, before.Diff().Empty(), before.Diff().String())
	nodes.head = &node{}
	assert.Contains(t, before.Diff().String(), "heap       +1 object  +8 B"+ofType("*leaktest_test.node"))
	nodes.head = nil
	assert.True(t, before.Diff().Empty(), before.Diff().String())
}

// A test's function that another test calls as a subtest is that one's.
func TestHeapOfACalledTest(t *testing.T) {
	soon := memassert.Settle(20 * time.Millisecond)
	names.KnowTest("TestHeapOfACalledTest")
	f := faketb.New("TestOuter/as_subtest")
	assert.False(t, memassert.NoLeak(f, func() { nodes.head = &node{nodes.head} }, soon), f.Logs())
	nodes.head = nil
}
