//go:build linux && (amd64 || arm64)

package retain_test

import (
	"context"
	"regexp"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unsafe"

	"github.com/leakassert/leakassert/internal/retain"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// leaked is what leaks in these tests.
type leaked struct {
	data [96]byte
	next *leaked
}

//go:noinline
func leak() *leaked { return &leaked{} }

// addrs are addresses of leaked objects, which they do not keep.
type addrs []uintptr

func (a *addrs) add(p *leaked) *leaked {
	*a = append(*a, uintptr(unsafe.Pointer(p)))
	return p
}

type nested struct {
	name string
	deep struct{ list []*leaked }
}

type box[K comparable, V any] struct {
	mu    sync.Mutex
	byKey map[K]V
}

func (b *box[K, V]) put(k K, v V) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.byKey == nil {
		b.byKey = make(map[K]V)
	}
	b.byKey[k] = v
}

type chain struct {
	value *leaked
	next  atomic.Pointer[chain]
}

type ring struct {
	other *ring
	held  *leaked
}

var (
	globalMap  = make(map[string]*leaked)
	smallMap   = make(map[int]any)
	syncMap    sync.Map
	structVar  = &nested{name: "n"}
	listHead   *leaked
	hooks      []func()
	rootCtx    context.Context
	cancelRoot context.CancelFunc
	buffer     = make(chan *leaked, 8)
	chainHead  atomic.Pointer[chain]
	cache      box[int, *leaked]
	anyVar     any
	// madeFirst is initialized before its value: the linker puts the value into a segment of
	// variables that begin with zero.
	madeFirst = &fields{byKey: make(map[int]*leaked)}
)

type fields struct {
	order []int
	byKey map[int]*leaked
}

func init() { rootCtx, cancelRoot = context.WithCancel(context.Background()) }

func forget(*leaked) {}

type ctxKey struct{}

// shapes are ways of holding an object. Each returns how to let it go.
var shapes = []struct {
	name       string
	text, typ  string // of the path
	container  string // of the suspect, "" if it is not looked at
	objects    int
	hold       func(a *addrs) (release func())
	onlyPrefix bool
}{
	{"global map", `retain_test.globalMap["k`, "*retain_test.leaked", "retain_test.globalMap map[string]*retain_test.leaked", 100, func(a *addrs) func() {
		for i := range 100 {
			globalMap["k"+string(rune('0'+i%10))+string(rune('0'+i/10))] = a.add(leak())
		}
		return func() { clear(globalMap) }
	}, true},
	{"small map of interfaces", `retain_test.smallMap[7].(*retain_test.leaked)`, "*retain_test.leaked", "", 1, func(a *addrs) func() {
		smallMap[7] = a.add(leak())
		return func() { clear(smallMap) }
	}, false},
	{"sync.Map", `retain_test.syncMap (sync.Map)["key`, "*retain_test.leaked", "retain_test.syncMap sync.Map", 100, func(a *addrs) func() {
		for i := range 100 {
			syncMap.Store("key"+string(rune('A'+i)), a.add(leak()))
		}
		return syncMap.Clear
	}, true},
	{"value in another segment than its variable", `retain_test.madeFirst.byKey[`, "*retain_test.leaked", "retain_test.madeFirst.byKey map[int]*retain_test.leaked", 100, func(a *addrs) func() {
		for i := range 100 {
			madeFirst.order = append(madeFirst.order, i)
			madeFirst.byKey[i] = a.add(leak())
		}
		return func() { clear(madeFirst.byKey) }
	}, true},
	{"slice in a nested struct", `retain_test.structVar.deep.list[…]`, "*retain_test.leaked", "retain_test.structVar.deep.list []*retain_test.leaked", 40, func(a *addrs) func() {
		for range 40 {
			structVar.deep.list = append(structVar.deep.list, a.add(leak()))
		}
		return func() { structVar.deep.list = nil }
	}, false},
	{"linked list", `retain_test.listHead.next…`, "*retain_test.leaked", "retain_test.listHead *retain_test.leaked", 50, func(a *addrs) func() {
		for range 50 {
			l := a.add(leak())
			l.next = listHead
			listHead = l
		}
		return func() { listHead = nil }
	}, false},
	{"closure registered as a hook", `retain_test.hooks[…] func retain_test.init.func`, "*retain_test.leaked", "retain_test.hooks []func()", 20, func(a *addrs) func() {
		for range 20 {
			kept := a.add(leak())
			hooks = append(hooks, func() { kept.data[0]++ })
		}
		return func() { hooks = nil }
	}, true},
	{"goroutine's stack", `goroutine N, retain_test.holdOnStack: kept`, "*retain_test.leaked", "", 1, onStack(holdOnStack), false},
	{"parameter", `goroutine N, retain_test.holdParameter: kept`, "*retain_test.leaked", "", 1, onStack(func(a *addrs, ready, stop chan bool) {
		holdParameter(a.add(leak()), ready, stop)
	}), false},
	{"local slice", `goroutine N, retain_test.holdSlice: list[…]`, "*retain_test.leaked", "", 3, onStack(holdSlice), false},
	{"local interface", `goroutine N, retain_test.holdInterface: kept.(*retain_test.leaked)`, "*retain_test.leaked", "", 1, onStack(holdInterface), false},
	{"local struct", `goroutine N, retain_test.holdStruct: one.deep.list[…]`, "*retain_test.leaked", "", 3, onStack(holdStruct), false},
	{"local struct that pointers point at", `goroutine N, retain_test.holdAddress: one.deep.list[…]`, "*retain_test.leaked", "", 3, onStack(holdAddress), false},
	{"local variable on the heap", `goroutine N, retain_test.holdEscaped: one.deep.list[…]`, "*retain_test.leaked", "", 3, onStack(holdEscaped), false},
	{"timer's function", `a pending timer func retain_test.init.func`, "*retain_test.leaked", "", 1, func(a *addrs) func() {
		kept := a.add(leak())
		t := time.AfterFunc(time.Hour, func() { kept.data[0]++ })
		stop := t.Stop
		return func() { stop() }
	}, true},
	{"context child", `retain_test.rootCtx.(*context.cancelCtx).children[key]`, "*retain_test.leaked", "", 1, func(a *addrs) func() {
		ctx := context.WithValue(rootCtx, ctxKey{}, a.add(leak()))
		_, cancel := context.WithCancel(ctx)
		return cancel
	}, true},
	{"channel buffer", `retain_test.buffer[…]`, "*retain_test.leaked", "retain_test.buffer chan *retain_test.leaked", 8, func(a *addrs) func() {
		for range 8 {
			buffer <- a.add(leak())
		}
		return func() {
			for range 8 {
				<-buffer
			}
		}
	}, false},
	{"argument of a cleanup", `the argument of a cleanup, retain_test.forget`, "", "", 1, func(a *addrs) func() {
		object := new([64]byte)
		c := runtime.AddCleanup(object, forget, a.add(leak()))
		return func() { c.Stop(); runtime.KeepAlive(object) }
	}, false},
	{"struct that is the argument of a cleanup", `the argument of a cleanup, retain_test.init.func`, "", "", 1, func(a *addrs) func() {
		object := new([64]byte)
		c := runtime.AddCleanup(object, func(nested) {}, nested{deep: struct{ list []*leaked }{[]*leaked{a.add(leak())}}})
		return func() { c.Stop(); runtime.KeepAlive(object) }
	}, true},
	{"function of a cleanup", `a cleanup func retain_test.init.func`, "*retain_test.leaked", "", 1, func(a *addrs) func() {
		object, kept := new([64]byte), a.add(leak())
		c := runtime.AddCleanup(object, func(int) { kept.data[0]++ }, 0)
		return func() { c.Stop(); runtime.KeepAlive(object) }
	}, true},
	{"finalizer cycle", `a finalizer of a *retain_test.ring:.held`, "*retain_test.leaked", "", 1, func(a *addrs) func() {
		x := &ring{held: a.add(leak())}
		x.other = &ring{other: x}
		runtime.SetFinalizer(x, func(*ring) {})
		return func() {}
	}, true},
	{"atomic.Pointer chain", `retain_test.chainHead.next…`, "*retain_test.leaked", "", 20, func(a *addrs) func() {
		for range 20 {
			c := &chain{value: a.add(leak())}
			c.next.Store(chainHead.Load())
			chainHead.Store(c)
		}
		return func() { chainHead.Store(nil) }
	}, true},
	{"generic cache", `retain_test.cache.byKey[`, "*retain_test.leaked", "retain_test.cache.byKey map[int]*retain_test.leaked", 100, func(a *addrs) func() {
		for i := range 100 {
			cache.put(i, a.add(leak()))
		}
		return func() { cache.byKey = nil }
	}, true},
	{"interface", `retain_test.anyVar.(*retain_test.nested).deep.list[…]`, "*retain_test.leaked", "", 3, func(a *addrs) func() {
		n := &nested{}
		for range 3 {
			n.deep.list = append(n.deep.list, a.add(leak()))
		}
		anyVar = n
		return func() { anyVar = nil }
	}, false},
}

// onStack starts a goroutine that holds objects in its variables.
func onStack(hold func(a *addrs, ready, stop chan bool)) func(*addrs) func() {
	return func(a *addrs) func() {
		stop, ready := make(chan bool), make(chan bool)
		go hold(a, ready, stop)
		<-ready
		return func() { close(stop) }
	}
}

//go:noinline
func holdOnStack(a *addrs, ready, stop chan bool) {
	kept := a.add(leak())
	ready <- true
	<-stop
	kept.data[0]++
	runtime.KeepAlive(kept)
}

//go:noinline
func holdParameter(kept *leaked, ready, stop chan bool) {
	ready <- true
	<-stop
	kept.data[0]++
}

//go:noinline
func holdSlice(a *addrs, ready, stop chan bool) {
	list := make([]*leaked, 0, 100+len(*a)) // too large for the stack
	for range 3 {
		list = append(list, a.add(leak()))
	}
	ready <- true
	<-stop
	for _, l := range list {
		l.data[0]++
	}
}

//go:noinline
func holdInterface(a *addrs, ready, stop chan bool) {
	var kept any
	if kept = a.add(leak()); cap(ready) > 0 {
		kept = ready
	}
	ready <- true
	<-stop
	kept.(*leaked).data[0]++
}

//go:noinline
func holdStruct(a *addrs, ready, stop chan bool) {
	var one nested
	for range 3 {
		one.deep.list = append(one.deep.list, a.add(leak()))
	}
	ready <- true
	<-stop
	runtime.KeepAlive(one)
}

//go:noinline
func holdAddress(a *addrs, ready, stop chan bool) {
	var one nested
	one.fill(a, ready, stop)
	runtime.KeepAlive(one)
}

//go:noinline
func (n *nested) fill(a *addrs, ready, stop chan bool) {
	for range 3 {
		n.deep.list = append(n.deep.list, a.add(leak()))
	}
	ready <- true
	<-stop
	n.deep.list[0].data[0]++
}

//go:noinline
func holdEscaped(a *addrs, ready, stop chan bool) {
	var one nested
	for range 3 {
		one.deep.list = append(one.deep.list, a.add(leak()))
	}
	own := make(chan *nested, 1)
	own <- &one
	ready <- true
	<-stop
	runtime.KeepAlive(<-own)
	one.deep.list[0].data[0]++
}

var goroutineID = regexp.MustCompile(`^goroutine \d+`)

// What holds an object is found, whatever its shape.
func TestShapes(t *testing.T) {
	for _, c := range shapes {
		t.Run(c.name, func(t *testing.T) {
			var a addrs
			release := c.hold(&a)
			t.Cleanup(release)
			require.Len(t, a, c.objects)
			v, err := retain.Take("")
			require.NoError(t, err)
			defer v.Close()
			assert.Empty(t, v.Note)
			var objects []int
			for _, addr := range a {
				i, ok := v.Dump.Find(uint64(addr))
				require.True(t, ok, "a leaked object is in the dump")
				objects = append(objects, i)
			}
			found := v.Find([][]int{objects})
			p := found.Paths[0]
			text := goroutineID.ReplaceAllString(p.Text, "goroutine N")
			if c.onlyPrefix {
				assert.Contains(t, text, c.text)
			} else {
				assert.Equal(t, c.text, text)
			}
			assert.Equal(t, c.typ, p.Type)
			joined := ""
			for _, s := range p.Steps {
				joined += s.Text
			}
			assert.Equal(t, p.Text, joined)
			if c.container != "" {
				require.NotEmpty(t, found.Suspects)
				s := found.Suspects[0]
				assert.Equal(t, c.container, s.Name+" "+s.Type)
				assert.InDelta(t, c.objects, s.Held[0].Objects, 2, "a word left on a stack may point at one")
			}
			t.Logf("%v → %s", p.Steps, p.Type)
			for _, s := range found.Suspects {
				t.Log(s.Name, s.Type, s.Held)
			}
		})
	}
}

// shared is held by two variables.
var shared, sharedToo *nested

// The retained size of a step is that of what would be garbage without the object that it leads to.
func TestRetainedSizes(t *testing.T) {
	const size = int64(112) // that the allocator has for leaked
	steps := func(hold func(a *addrs)) (steps map[string]int64, suspects []retain.Suspect) {
		var a addrs
		hold(&a)
		v, err := retain.Take("")
		require.NoError(t, err)
		defer v.Close()
		var objects []int
		for _, addr := range a {
			i, ok := v.Dump.Find(uint64(addr))
			require.True(t, ok)
			require.Equal(t, size, int64(len(v.Dump.Bytes(i))))
			objects = append(objects, i)
		}
		found := v.Find([][]int{objects})
		steps = make(map[string]int64)
		for _, s := range found.Paths[0].Steps {
			steps[retain.WithoutKeys(s.Text)] = s.Retained
		}
		return steps, found.Suspects
	}

	defer func() { madeFirst.byKey = make(map[int]*leaked) }()
	got, suspects := steps(func(a *addrs) {
		for i := range 100 {
			madeFirst.byKey[i] = a.add(leak())
		}
	})
	t.Log(got)
	assert.Equal(t, size, got["[…]"])
	assert.Greater(t, got[".byKey"], 100*size)
	assert.Less(t, got[".byKey"], 100*size+8<<10, "the map itself")
	assert.GreaterOrEqual(t, got["retain_test.madeFirst"], got[".byKey"])
	require.NotEmpty(t, suspects)
	assert.Equal(t, got[".byKey"], suspects[0].Retained)

	// A list retains what comes after it, whether that has leaked or not.
	defer func() { listHead = nil }()
	got, suspects = steps(func(a *addrs) {
		for range 50 {
			l := leak()
			l.next, listHead = listHead, l
		}
		for l := listHead; l != nil; l = l.next {
			a.add(l)
		}
		*a = (*a)[:30]
	})
	t.Log(got)
	assert.Equal(t, 50*size, got["retain_test.listHead"])
	assert.Equal(t, 49*size, got[".next…"], "the first of the steps that repeat")
	require.NotEmpty(t, suspects)
	assert.Equal(t, 50*size, suspects[0].Retained)

	// Of two variables that hold an object, none retains it. The object retains what only it holds.
	defer func() { shared, sharedToo = nil, nil }()
	got, _ = steps(func(a *addrs) {
		shared = &nested{}
		sharedToo = shared
		shared.deep.list = []*leaked{a.add(leak()), a.add(leak())}
	})
	t.Log(got)
	of := "retain_test.shared"
	if _, ok := got[of]; !ok {
		of = "retain_test.sharedToo"
	}
	assert.Equal(t, 2*size+16+48, got[of], "the object, its list of two pointers, and both elements")
	assert.Equal(t, 2*size+16, got[".deep.list"])
}

// An object that was allocated where one that is gone has been is not that one.
func TestAnotherObjectAtTheSameAddress(t *testing.T) {
	var a addrs
	listHead = a.add(leak())
	defer func() { listHead = nil }()
	var here [1]uintptr
	runtime.Callers(0, here[:])
	paths, note := retain.Holders("", retain.Object{Address: a[0], Stack: here[:]}, retain.Object{Address: a[0]})
	assert.Empty(t, note)
	assert.Empty(t, paths[0].Text)
	assert.Equal(t, "retain_test.listHead", paths[1].Text)
}
