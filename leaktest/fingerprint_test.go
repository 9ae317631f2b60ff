package leaktest_test

import (
	"path/filepath"
	"testing"

	"github.com/leakassert/leakassert/internal/long"
	"github.com/stretchr/testify/assert"
)

const placesCode = `package store

import (
	"net"
	"net/http"
	"os"
	"time"
)

type T struct{ c chan int }

func New() *T { return &T{make(chan int)} }

// These are small enough to be inlined, in this package and in others.
func Work(c chan int) func()       { return func() { <-c } }
func (t *T) Job() func()           { return func() { <-t.c } }
func (t T) Value() func()          { return func() { <-t.c } }
func Generic[E any](c chan E) func() { return func() { <-c } }
func Nested(c chan int) func()     { return func() { func() { <-c }() } }
func Both(c chan int) (func(), func()) { return func() { <-c }, func() { <-c } }
func Seq(yield func(int) bool)     { yield(1) }
func Range(c chan int) func()      { return func() { for range Seq { <-c } } }
func Start(c chan int)             { go wait(c) }
func wait(c chan int)              { block(c) }
func block(c chan int)             { <-c }

var Literal = func(c chan int) { <-c }

func After(c chan int) { time.AfterFunc(time.Nanosecond, Work(c)) }

func Serve() net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	s := &http.Server{}
	go s.Serve(l)
	return l
}

type Entry struct{ data [64]byte }

func NewEntry() *Entry { return new(Entry) }

var Kept []any

func Open(name string) *os.File {
	f, err := os.Create(name)
	if err != nil {
		panic(err)
	}
	Kept = append(Kept, f)
	return f
}
`

const placesTests = `package shop_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"example.org/shop/store"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/poolassert"
)

// started waits until all goroutines have begun: one that has not has another function on its stack.
func started() {
	for strings.Contains(stacks(), "[runnable") {
		runtime.Gosched()
	}
}

func stacks() string {
	buf := make([]byte, 1<<20)
	return string(buf[:runtime.Stack(buf, true)])
}

type stats struct{ Out int }

var out stats

func TestMain(m *testing.M) {
	slots := poolassert.Watch("slots", func() stats { return out }, poolassert.Gauge[stats]{Name: "Out", Value: func(s stats) int64 { return int64(s.Out) }})
	leaktest.Main(m, leaktest.Baseline(os.Getenv("FILE")), leaktest.Pools(slots))
}

func local(c chan int) func() { return func() { <-c } }

func TestLiterals(t *testing.T) {
	c := make(chan int)
	go store.Work(c)()
	go store.New().Job()()
	go store.New().Value()()
	go store.Generic(c)()
	go store.Nested(c)()
	go store.Range(c)()
	go local(c)()
	a, b := store.Both(c)
	go a()
	go b()
	func() { go store.Work(c)() }()
	f := func() { func() { go store.Nested(c)() }() }
	f()
	new(sync.WaitGroup).Go(store.Work(c))
	go store.Literal(c)
	started()
}

func TestFunctions(t *testing.T) {
	c := make(chan int)
	store.Start(c)
	go func() { store.Work(c)() }()
	started()
}

func TestTimer(t *testing.T) {
	store.After(make(chan int))
	for !strings.Contains(stacks(), "created by time.goFunc") {
		runtime.Gosched()
	}
	started()
}

func TestServer(t *testing.T) { store.Kept = append(store.Kept, store.Serve()); started() }

func TestHeap(t *testing.T) {
	leaktest.Check(t, leaktest.Heap(), leaktest.Only(leaktest.KindHeap))
	kept := make([]any, 0, 4)
	for range 4 {
		kept = append(kept, store.NewEntry())
	}
	store.Kept = append(store.Kept, kept)
}

func TestFiles(t *testing.T) {
	store.Open(filepath.Join(t.TempDir(), "access.log"))
	store.Open("testdata/here.log")
	store.Kept = append(store.Kept, must(os.Open("/dev/null")), must(os.Open(".")))
	r, w, _ := os.Pipe()
	store.Kept = append(store.Kept, r, w)
}

func must(f *os.File, err error) *os.File {
	if err != nil {
		panic(err)
	}
	return f
}

func TestPool(t *testing.T) { out.Out++ }
`

// The fingerprints of leaks are the same in every build and checkout, and with LEAKTEST=trace.
func TestFingerprints(t *testing.T) {
	t.Parallel()
	files := map[string]string{"store/store.go": placesCode, "shop_test.go": placesTests, "testdata/keep": ""}
	m := newModule(t, files)
	list := func(m userModule, words string, flags ...string) string {
		file := filepath.Join(t.TempDir(), "leaks.txt")
		run := m.build(t, "", flags...)
		out, code := run(words + " FILE=" + file)
		assert.Zero(t, code, out)
		out, code = run("FILE=" + file)
		assert.Zero(t, code, out)
		return userModule{filepath.Dir(file)}.read(t, "leaks.txt")
	}
	plain := list(m, "baseline")
	golden(t, "fingerprints", plain)
	assert.Equal(t, plain, list(m, "baseline,trace"), "LEAKTEST=trace")

	elsewhere := newModule(t, files)
	type build struct {
		m     userModule
		flags []string
	}
	builds := []build{{m, []string{"-gcflags=example.org/shop/...=-l"}}, {elsewhere, []string{"-cover"}}}
	if long.Run() {
		builds = append(builds, build{m, []string{"-race"}}, build{m, []string{"-gcflags=all=-l"}}, build{elsewhere, []string{"-trimpath"}})
	}
	for _, b := range builds {
		assert.Equal(t, plain, list(b.m, "baseline", b.flags...), "%q", b.flags)
	}
}
