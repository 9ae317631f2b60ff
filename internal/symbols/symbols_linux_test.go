//go:build amd64 || arm64

//lint:file-ignore U1000 What is not read by name is read by its place in memory.

package symbols_test

import (
	"debug/elf"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/leakassert/leakassert/internal/long"
	"github.com/leakassert/leakassert/internal/symbols"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type node[T any] struct {
	value T
	next  *node[T]
}

type base struct{ id int }

type server struct {
	base
	sessions []*node[string]
}

//go:noinline
func (s *server) pointer() int { return s.id }

//go:noinline
func (s server) value() int { return s.id }

var (
	byName    map[string]*node[int]
	cache     sync.Map
	head      atomic.Pointer[node[string]]
	anonymous struct {
		a int
		m map[string]*node[int]
	}
	hook   func(int, ...string) error
	boxed  any
	failed error
	only   server
	shared *server
	lists  [4][]server
	events chan<- *server
	text   string
	count  int32
)

func address[T any](p *T) uint64 { return uint64(uintptr(unsafe.Pointer(p))) }

func self(t *testing.T) *symbols.Binary {
	b, err := symbols.Self("")
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, b.Close()) })
	return b
}

func TestVariables(t *testing.T) {
	b := self(t)
	cases := []struct {
		addr       uint64
		name, typ  string
		size       int64
		kind       reflect.Kind
		descriptor bool // the binary has a descriptor of the type
	}{
		{address(&byName), "byName", "map[string]*symbols_test.node[int]", 8, reflect.Map, false},
		{address(&cache) + 9, "cache", "sync.Map", int64(unsafe.Sizeof(cache)), reflect.Struct, true},
		{address(&head), "head", "atomic.Pointer[symbols_test.node[string]]", 8, reflect.Struct, false},
		{address(&anonymous.m), "anonymous", "struct { a int; m map[string]*symbols_test.node[int] }", 16, reflect.Struct, false},
		{address(&hook), "hook", "func(int, ...string) error", 8, reflect.Func, true},
		{address(&boxed), "boxed", "interface {}", 16, reflect.Interface, true},
		{address(&failed), "failed", "error", 16, reflect.Interface, true},
		{address(&only.sessions), "only", "symbols_test.server", 32, reflect.Struct, false},
		{address(&shared), "shared", "*symbols_test.server", 8, reflect.Pointer, false},
		{address(&lists[3]), "lists", "[4][]symbols_test.server", 96, reflect.Array, false},
		{address(&events), "events", "chan<- *symbols_test.server", 8, reflect.Chan, false},
		{address(&text), "text", "string", 16, reflect.String, true},
		{address(&count), "count", "int32", 4, reflect.Int32, true},
	}
	for _, c := range cases {
		v, ok := b.Variable(c.addr)
		if !assert.True(t, ok, c.name) || !assert.NotNil(t, v.Type(), c.name) {
			continue
		}
		assert.Equal(t, "symbols_test."+c.name, v.Name)
		assert.Equal(t, "github.com/leakassert/leakassert/internal/symbols_test."+c.name, v.Full)
		assert.LessOrEqual(t, v.Addr, c.addr)
		assert.Equal(t, c.size, v.Size)
		assert.Equal(t, c.typ, v.Type().Name())
		assert.Equal(t, c.kind, v.Type().Kind())
		assert.Equal(t, c.size, v.Type().Size())
		_, ok = v.Type().Reflect()
		assert.True(t, ok || !c.descriptor, "%s has a descriptor", c.name)
	}
	v, ok := b.Variable(address(&os.Args))
	assert.True(t, ok)
	assert.Equal(t, "os.Args", v.Name)
	assert.Equal(t, "[]string", v.Type().Name())
	for _, none := range []uint64{0, ^uint64(0), address(new(server)), uint64(reflect.ValueOf(TestVariables).Pointer())} {
		_, ok := b.Variable(none)
		assert.False(t, ok)
	}
}

// The parts of types that only DWARF has.
func TestParts(t *testing.T) {
	b := self(t)
	v, _ := b.Variable(address(&anonymous))
	f, ok := v.Type().FieldAt(8)
	require.True(t, ok)
	assert.Equal(t, "m", f.Name)
	assert.Equal(t, "string", f.Type.Key().Name())
	fields := f.Type.Elem().Elem().Fields()
	require.Len(t, fields, 2)
	assert.Equal(t, "next", fields[1].Name)
	assert.Equal(t, "*symbols_test.node[int]", fields[1].Type.Name())

	v, _ = b.Variable(address(&lists))
	assert.EqualValues(t, 4, v.Type().Len())
	of := v.Type().Elem().Elem()
	assert.Equal(t, "github.com/leakassert/leakassert/internal/symbols_test", of.Pkg())
	require.Len(t, of.Fields(), 2)
	assert.True(t, of.Fields()[0].Embedded)
	assert.Equal(t, "base", of.Fields()[0].Name)
	assert.EqualValues(t, 8, of.Fields()[1].Offset)
	assert.Equal(t, "[]*symbols_test.node[string]", of.Fields()[1].Type.Name())
	assert.Equal(t, "symbols_test.node[string]", of.Fields()[1].Type.Elem().Elem().Name())
	assert.Empty(t, of.Fields()[1].Type.Pkg())
}

//go:noinline
func counter(names []string) (count, reset func() int) {
	n := 0
	return func() int { n += len(fmt.Sprint(names)); return n }, func() int { n = 0; return n }
}

//go:noinline
func small(of *server) func() *server { return func() *server { return of } }

//go:noinline
func generic[K comparable](k K) func() K { return func() K { return k } }

func TestClosure(t *testing.T) {
	b := self(t)
	count, reset := counter(os.Args)
	assert.Positive(t, count()+reset())
	s := &server{}
	bound, copied, inlined, shaped := s.pointer, s.value, small(s), generic(s)
	assert.Zero(t, bound()+copied()+inlined().id+shaped().id)
	cases := []struct {
		why     string
		closure any
		want    []string
	}{
		{"by reference", reset, []string{"n *int"}},
		{"by reference and by value", count, []string{"n *int", "names []string"}},
		{"the literal is also inlined", inlined, []string{"of *symbols_test.server"}},
		{"a method value", bound, []string{"s *symbols_test.server"}},
		{"a method value with a copy", copied, []string{"s symbols_test.server"}},
		{"a generic function", shaped, []string{"k *symbols_test.server"}},
		{"nothing", TestVariables, nil},
	}
	for _, c := range cases {
		captured, ok := b.Closure(uint64(reflect.ValueOf(c.closure).Pointer()))
		assert.Equal(t, c.want != nil, ok, c.why)
		var got []string
		for _, v := range captured {
			got = append(got, v.Name+" "+v.Type.Name())
			assert.Positive(t, v.Offset)
			if len(captured) == 1 {
				assert.EqualValues(t, 8, v.Offset)
			}
		}
		assert.ElementsMatch(t, c.want, got, c.why)
	}
	_, ok := b.Closure(uint64(reflect.ValueOf(count).Pointer()) + 1)
	assert.False(t, ok, "inside of a function")
}

// The second build has the coverage mode of the test, which the build info does not record. CI runs
// the tests with -race.
func TestCover(t *testing.T) {
	if testing.CoverMode() == "atomic" {
		self(t)
		return
	}
	long.Builds(t)
	out, err := exec.Command("go", "test", "-count=1", "-covermode=atomic", "-run=^Test(Variables|Cover)$", ".").CombinedOutput()
	assert.NoError(t, err, "%s", out)
}

// setting reports whether the test was built with a setting.
func setting(key, value string) bool {
	info, _ := debug.ReadBuildInfo()
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value == value
		}
	}
	return false
}

// Without symbols and the go command there are no names.
func TestNoGoCommand(t *testing.T) {
	if os.Getenv("PATH") == "/nothing" {
		own, err := elf.Open("/proc/self/exe")
		require.NoError(t, err)
		defer own.Close()
		_, missing := own.Symbols()
		b, err := symbols.Self("")
		if missing == nil { // a test that was built with go test -c
			require.NoError(t, err)
			assert.NoError(t, b.Close())
		} else {
			assert.EqualError(t, err, "no names: the go command is not in PATH; run what go test -c makes, or name it: LEAKTEST=symbols=FILE")
		}
		return
	}
	c := exec.Command("/proc/self/exe", "-test.run=^TestNoGoCommand$")
	c.Env = append(os.Environ(), "PATH=/nothing")
	out, err := c.CombinedOutput()
	assert.NoError(t, err, "%s", out)
}

// Files that are not of this process are refused.
func TestFile(t *testing.T) {
	long.Builds(t)
	const remedy = "; make it with go test -c, with the flags of this test"
	dir := t.TempDir()
	build := func(args ...string) string {
		file := filepath.Join(dir, fmt.Sprintf("%d.test", len(args)))
		out, err := exec.Command("go", append([]string{"test", "-c", "-o", file}, args...)...).CombinedOutput()
		require.NoError(t, err, "%s", out)
		return file
	}
	// A build with one more function, and else with the flags of this test.
	added := filepath.Join(dir, "added.go")
	overlay := filepath.Join(dir, "overlay.json")
	here, err := filepath.Abs("added_test.go")
	require.NoError(t, err)
	content, err := json.Marshal(map[string]map[string]string{"Replace": {here: added}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(overlay, content, 0o600))
	require.NoError(t, os.WriteFile(added, []byte("package symbols_test\n\nvar added [100]int\n\nfunc init() { added[1]++ }\n"), 0o600))
	flags := []string{"-overlay=" + overlay}
	if testing.CoverMode() != "" {
		flags = append(flags, "-covermode="+testing.CoverMode())
	}
	for _, flag := range []string{"-race", "-trimpath"} {
		if setting(flag, "true") {
			flags = append(flags, flag)
		}
	}
	file := build(flags...)
	_, err = symbols.Self(file)
	assert.EqualError(t, err, "no names: symbols="+file+": the package has changed since the test was built"+remedy)

	file = build("-tags=other", "-vet=off")
	_, err = symbols.Self(file)
	assert.EqualError(t, err, "no names: symbols="+file+": another package, other build flags or another version of Go"+remedy)

	_, err = symbols.Self("off")
	assert.EqualError(t, err, "no names: LEAKTEST has symbols=off; leave it out")
	_, err = symbols.Self("symbols.go")
	assert.ErrorContains(t, err, "no names: symbols=symbols.go: not an ELF file: bad magic number")
	_, err = symbols.Self(filepath.Join(dir, "missing"))
	assert.ErrorContains(t, err, "no such file")
	_, err = symbols.Self("/bin/sh")
	assert.ErrorContains(t, err, "no names: symbols=/bin/sh: ")
}
