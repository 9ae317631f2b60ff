//go:build amd64 || arm64

package heapdump_test

import (
	"iter"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"unsafe"

	"github.com/leakassert/leakassert/internal/heapdump"
	"github.com/leakassert/leakassert/internal/procstate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type node struct {
	next  *node
	bytes []byte
	id    uint64
}

var (
	inData = &node{id: 1} // in the data segment, the object too
	inBSS  *node
	sink   [4]any // what it holds is on the heap
)

func take(t testing.TB) *heapdump.Dump {
	t.Helper()
	d, err := heapdump.Take()
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, d.Close()) })
	return d
}

func find[T any](t testing.TB, d *heapdump.Dump, p *T) int {
	t.Helper()
	addr := uint64(uintptr(unsafe.Pointer(p)))
	i, ok := d.Find(addr)
	require.True(t, ok, "%#x is in no object", addr)
	assert.LessOrEqual(t, d.Addr(i), addr)
	return i
}

func objects(refs iter.Seq2[int, int]) (all []int) {
	for _, object := range refs {
		all = append(all, object)
	}
	return all
}

func TestTake(t *testing.T) {
	inBSS = &node{id: 2, bytes: make([]byte, 100), next: &node{id: 3}}
	defer func() { inBSS = nil }()
	large := new([1 << 20]*node)
	large[1<<19] = inBSS
	medium := &[100]any{7: inBSS} // with a malloc header
	bytes := make([]byte, 3000)
	bytes[2999] = 77
	sink = [4]any{large, medium, bytes}
	defer clear(sink[:])
	d := take(t)

	assert.Equal(t, runtime.Version(), d.GoVersion)
	assert.Equal(t, runtime.GOARCH, d.Arch)
	i := find(t, d, inBSS)
	assert.Equal(t, uint64(uintptr(unsafe.Pointer(inBSS))), d.Addr(i))
	assert.Len(t, d.Bytes(i), 48, "the size class of 40 bytes")
	assert.Equal(t, []int{0, 8}, slices.Collect(d.Pointers(i)))
	assert.Equal(t, []int{find(t, d, inBSS.next), find(t, d, &inBSS.bytes[0])}, objects(d.Refs(i)))
	assert.Equal(t, uint64(2), d.Word(d.Bytes(i), 32))
	assert.Equal(t, i, find(t, d, &inBSS.id), "an interior pointer")
	assert.Equal(t, [][2]int{{8 << 19, i}}, pairs(d.Refs(find(t, d, large))))
	assert.Contains(t, objects(d.Refs(find(t, d, medium))), i)
	assert.Equal(t, byte(77), d.Bytes(find(t, d, &bytes[0]))[2999])
	assert.Empty(t, pairs(d.Refs(find(t, d, &bytes[0]))))

	assert.Equal(t, []string{"data", "bss"}, []string{d.Segments[0].Name, d.Segments[1].Name})
	assert.Contains(t, pairs(d.SegmentRefs(&d.Segments[1])), [2]int{int(uint64(uintptr(unsafe.Pointer(&inBSS))) - d.Segments[1].Addr), i})
	assert.Equal(t, uint64(uintptr(unsafe.Pointer(inData))), d.Word(d.Segments[0].Bytes, int(uint64(uintptr(unsafe.Pointer(&inData)))-d.Segments[0].Addr)))
	var errno []uint64
	for itab, typ := range d.Itabs {
		if d.Types[typ] == (heapdump.Type{Name: "syscall.Errno", Size: 8}) {
			errno = append(errno, itab)
		}
	}
	var asError error = syscall.EAGAIN
	assert.Contains(t, errno, uint64(*(*uintptr)(unsafe.Pointer(&asError))))
}

// TestMallocHeader pins what the contents of an object of more than 512 bytes with pointers begin with.
func TestMallocHeader(t *testing.T) {
	header := func(d *heapdump.Dump, i int) uint64 { return d.Word(d.Bytes(i), 0) }
	small, medium, large := new([64]*node), new([65]*node), new([8192]*node)
	sink = [4]any{small, medium, large}
	defer clear(sink[:])
	d := take(t)
	i := find(t, d, medium)
	assert.Equal(t, uint64(uintptr(unsafe.Pointer(medium)))-8, d.Addr(i))
	assert.NotZero(t, header(d, i))
	assert.Equal(t, 576, len(d.Bytes(i)))
	i = find(t, d, small)
	assert.Equal(t, uint64(uintptr(unsafe.Pointer(small))), d.Addr(i))
	i = find(t, d, large)
	assert.Equal(t, uint64(uintptr(unsafe.Pointer(large))), d.Addr(i), "the header of a large object is in its span")
}

// waitWith holds one node in a variable and one in an argument.
//
//go:noinline
func waitWith(argument *node, nodes chan *node, c chan struct{}) {
	variable := <-nodes
	<-c
	runtime.KeepAlive(argument)
	runtime.KeepAlive(variable)
}

func TestTakeStacks(t *testing.T) {
	argument, variable := &node{id: 4}, &node{id: 5}
	nodes, c := make(chan *node), make(chan struct{})
	var done sync.WaitGroup
	done.Go(func() { waitWith(argument, nodes, c) })
	defer done.Wait()
	defer close(c)
	nodes <- variable
	var d *heapdump.Dump
	var g *heapdump.Goroutine
	var at int
	for ok := false; !ok; { // it may not wait yet
		d = take(t)
		g, at, ok = waiting(d)
	}
	f := &g.Frames[at]
	assert.Contains(t, objects(d.FrameRefs(f)), find(t, d, variable))
	assert.Contains(t, objects(d.FrameWords(f)), find(t, d, variable))
	assert.Contains(t, objects(d.FrameRefs(&g.Frames[at+1])), find(t, d, argument), "the caller's frame has the argument")
	assert.False(t, g.System)
	assert.Positive(t, g.ID)
	assert.Equal(t, "runtime.goexit", g.Frames[len(g.Frames)-1].Func)
	assert.Equal(t, runtime.FuncForPC(uintptr(f.PC)).Name(), f.Func)
	assert.Equal(t, uint64(runtime.FuncForPC(uintptr(f.PC)).Entry()), f.Entry)
	_, ok := d.Find(g.Addr)
	assert.True(t, ok, "it is an object")
	self := slices.IndexFunc(d.Goroutines, func(g heapdump.Goroutine) bool {
		return slices.ContainsFunc(g.Frames, func(f heapdump.Frame) bool { return strings.HasSuffix(f.Func, ".TestTakeStacks") })
	})
	assert.GreaterOrEqual(t, self, 0, "the goroutine that dumps is there, too")
}

// waiting returns the goroutine that waits in waitWith, and the number of that frame.
func waiting(d *heapdump.Dump) (g *heapdump.Goroutine, frame int, ok bool) {
	for i := range d.Goroutines {
		g = &d.Goroutines[i]
		frame = slices.IndexFunc(g.Frames, func(f heapdump.Frame) bool { return strings.HasSuffix(f.Func, ".waitWith") })
		if frame >= 0 && g.Waiting == "chan receive" {
			return g, frame, true
		}
	}
	return nil, 0, false
}

func TestTakeFinalizer(t *testing.T) {
	n := &node{id: 5}
	runtime.SetFinalizer(n, func(*node) {})
	d := take(t)
	i := slices.IndexFunc(d.Finalizers, func(f heapdump.Finalizer) bool { return f.Object == uint64(uintptr(unsafe.Pointer(n))) })
	require.GreaterOrEqual(t, i, 0)
	f := d.Finalizers[i]
	assert.False(t, f.Queued)
	assert.Contains(t, runtime.FuncForPC(uintptr(f.PC)).Name(), "TestTakeFinalizer")
	assert.NotZero(t, f.ObjectType)
	runtime.KeepAlive(n)
}

//go:noinline
func allocate() *node { return &node{id: 6} }

func TestTakeAllocs(t *testing.T) {
	before := allocate()
	release := procstate.RecordAllocations()
	var nodes [2]*node
	for i := range nodes {
		nodes[i] = allocate()
	}
	release()
	d := take(t)
	first, ok := d.Alloc(find(t, d, nodes[0]))
	require.True(t, ok)
	second, ok := d.Alloc(find(t, d, nodes[1]))
	require.True(t, ok)
	assert.Same(t, first, second)
	assert.Equal(t, uint64(48), first.Size)
	i := slices.IndexFunc(first.Frames, func(f heapdump.AllocFrame) bool { return strings.HasSuffix(f.Func, ".allocate") })
	require.GreaterOrEqual(t, i, 0, "%v", first.Frames)
	assert.True(t, strings.HasSuffix(first.Frames[i].File, "take_linux_test.go"))
	assert.Positive(t, first.Frames[i].Line)
	assert.Contains(t, first.Frames[i+1].Func, "TestTakeAllocs")
	_, ok = d.Alloc(find(t, d, before))
	assert.False(t, ok)
	runtime.KeepAlive(nodes)
	runtime.KeepAlive(before)
}

// The dump has the cleanups that are set, which the runtime's dumper leaves out.
func TestCleanups(t *testing.T) {
	object, held, argument := new([9]int), new([11]int), new([13]int)
	runtime.AddCleanup(object, func(*[13]int) { runtime.KeepAlive(held) }, argument)
	d := take(t)
	require.True(t, d.CleanupsKnown)
	addr := func(p any) uint64 { return uint64(reflect.ValueOf(p).Pointer()) }
	of := addr(object)
	i := slices.IndexFunc(d.Cleanups, func(c heapdump.Cleanup) bool { return c.Object == of })
	require.GreaterOrEqual(t, i, 0)
	word := func(at uint64) uint64 {
		o, ok := d.Find(at)
		require.True(t, ok)
		return d.Word(d.Bytes(o), int(at-d.Addr(o)))
	}
	assert.Equal(t, addr(argument), word(d.Cleanups[i].Arg))
	assert.Equal(t, addr(held), word(d.Cleanups[i].Fn+8))
	runtime.KeepAlive(object)
	d = take(t)
	assert.False(t, slices.ContainsFunc(d.Cleanups, func(c heapdump.Cleanup) bool { return c.Object == of }))
}
