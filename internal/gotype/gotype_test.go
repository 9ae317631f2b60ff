//lint:file-ignore U1000 What is not read by name is read by its place in memory.

package gotype_test

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"reflect"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"text/template"
	"unsafe"

	"github.com/leakassert/leakassert/internal/gotype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type (
	node[T any] struct {
		value T
		next  *node[T]
	}
	table  map[string]*node[int]
	nested struct {
		sync.Mutex
		flag  bool
		count int64
		names [3]string
		none  struct{}
	}
)

// samples holds types of every kind that a descriptor has a form for.
func samples() []reflect.Type {
	type local struct{ a, b any }
	var found []reflect.Type
	for _, v := range []any{
		true, int8(0), uint16(0), 1.5, complex(1, 1), "s", uintptr(0), unsafe.Pointer(nil), &table{}, []local{}, [2]*local{}, &nested{},
		new(error), new(any), func(int, ...string) error { return nil }, make(<-chan int), make(chan<- node[string]),
		map[struct{ a int }]func(){}, &atomic.Pointer[node[string]]{}, &http.Server{}, &http.Client{}, &template.Template{}, &sync.Map{},
		&json.Decoder{}, &testing.T{}, new(http.Handler), new(interface{ Q(int) }), bytes.MinRead, &assert.Assertions{},
	} {
		found = append(found, reflect.TypeOf(v))
	}
	for i := 0; i < len(found) && len(found) < 2000; i++ {
		switch t := found[i]; t.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Chan, reflect.Map:
			found = append(found, t.Elem())
		case reflect.Struct:
			for f := range t.Fields() {
				found = append(found, f.Type)
			}
		}
	}
	return found
}

func address(t reflect.Type) uint64 { return uint64((*[2]uintptr)(unsafe.Pointer(&t))[1]) }

func TestOf(t *testing.T) {
	cases := []struct {
		of        reflect.Type
		name, pkg string
	}{
		{reflect.TypeFor[*bytes.Buffer](), "*bytes.Buffer", ""},
		{reflect.TypeFor[sync.Map](), "sync.Map", "sync"},
		{reflect.TypeFor[map[string]int](), "map[string]int", ""},
		{reflect.TypeFor[atomic.Pointer[gotype.Type]](), "atomic.Pointer[gotype.Type]", "sync/atomic"},
		{reflect.TypeFor[func()](), "func()", ""},
		{reflect.TypeFor[func(...http.Header)](), "func(...http.Header)", ""},
		{reflect.TypeFor[chan<- int](), "chan<- int", ""},
		{reflect.TypeFor[struct {
			A int `json:"a/b.c"`
		}](), `struct { A int "json:\"a/b.c\"" }`, ""},
		{reflect.TypeFor[node[map[string]http.Handler]](), "gotype_test.node[map[string]http.Handler]", "github.com/leakassert/leakassert/internal/gotype_test"},
	}
	for _, c := range cases {
		got := gotype.Of(c.of)
		assert.Equal(t, c.name, got.Name())
		assert.Equal(t, c.pkg, got.Pkg())
		assert.Equal(t, c.of.Kind(), got.Kind())
		assert.EqualValues(t, c.of.Size(), got.Size())
		assert.Same(t, got, gotype.Of(c.of))
	}
}

func TestParts(t *testing.T) {
	m := gotype.Of(reflect.TypeFor[table]())
	assert.Equal(t, "string", m.Key().Name())
	assert.Equal(t, "*gotype_test.node[int]", m.Elem().Name())
	assert.Nil(t, m.Key().Elem())
	assert.Nil(t, m.Elem().Key())
	assert.Nil(t, m.Fields())

	s := gotype.Of(reflect.TypeFor[nested]())
	fields := s.Fields()
	require.Len(t, fields, 5)
	assert.Equal(t, gotype.Field{Name: "Mutex", Type: gotype.Of(reflect.TypeFor[sync.Mutex]()), Embedded: true}, fields[0])
	assert.EqualValues(t, 3, fields[3].Type.Len())
	assert.Zero(t, s.Len())
	f, ok := s.FieldAt(fields[3].Offset + 17)
	assert.True(t, ok)
	assert.Equal(t, "names", f.Name)
	_, ok = s.FieldAt(fields[1].Offset + 1)
	assert.False(t, ok, "padding")
	_, ok = s.FieldAt(s.Size())
	assert.False(t, ok)
	_, ok = s.FieldAt(-1)
	assert.False(t, ok)
}

// Every type that the binary has is found by the address of its descriptor.
func TestOfRuntime(t *testing.T) {
	if runtime.GOOS != "linux" {
		_, ok := gotype.OfRuntime(address(reflect.TypeFor[int]()))
		assert.False(t, ok)
		return
	}
	for _, want := range samples() {
		got, ok := gotype.OfRuntime(address(want))
		if assert.True(t, ok, want) {
			assert.Same(t, gotype.Of(want), got)
		}
	}
}

// Other addresses are refused and do no harm.
func TestGarbage(t *testing.T) {
	types := make(map[uint64]bool)
	low, high := ^uint64(0), uint64(0)
	for _, s := range samples() {
		a := address(s)
		types[a] = true
		low, high = min(low, a), max(high, a)
	}
	made := reflect.StructOf([]reflect.StructField{{Name: "X", Type: reflect.TypeFor[*int]()}})
	text := "text"
	for _, a := range []uint64{0, 1, 8, ^uint64(0), ^uint64(7), low + 1, low + 4, 1 << 63, address(made),
		uint64(uintptr(unsafe.Pointer(&text))), uint64(uintptr(unsafe.Pointer(unsafe.StringData(text)))),
		uint64(reflect.ValueOf(TestGarbage).Pointer())} {
		_, ok := gotype.OfRuntime(a)
		assert.False(t, ok, "%#x", a)
	}
	random := rand.New(rand.NewPCG(1, 2))
	found := 0
	try := func(a uint64) {
		if got, ok := gotype.OfRuntime(a); ok {
			found++
			rt, _ := got.Reflect()
			assert.Equal(t, a, address(rt))
			assert.NotEmpty(t, got.Name())
			got.Pkg()
			got.Fields()
		}
	}
	// Near the descriptors, with 1 MiB on either side, then between them one word after another,
	// then anywhere.
	for range 100_000 {
		try((low - 1<<20 + random.Uint64N(high-low+1<<21)) &^ 7)
		try(random.Uint64() >> random.IntN(64))
	}
	for a := low; a < high; a += 8 {
		try(a)
	}
	if runtime.GOOS == "linux" {
		assert.GreaterOrEqual(t, found, len(types))
	}
}

// The group of a map has its control word and its slots, in one of two layouts.
func TestMapGroup(t *testing.T) {
	for _, m := range []reflect.Type{reflect.TypeFor[table](), reflect.TypeFor[map[int]bool](), reflect.TypeFor[map[any]error](), reflect.TypeFor[map[[20]int64]string]()} {
		group, ok := gotype.Of(m).MapGroup()
		if runtime.GOOS != "linux" {
			assert.False(t, ok)
			continue
		}
		require.True(t, ok, m)
		fields := group.Fields()
		assert.EqualValues(t, 8, fields[0].Type.Size())
		slots := fields[1].Type
		assert.EqualValues(t, 8, slots.Len())
		key := slots.Elem()
		if len(fields) == 2 {
			key = key.Fields()[0].Type
		}
		if m.Key().Size() > 128 {
			key = key.Elem() // big keys are kept outside
		}
		assert.Equal(t, m.Key().String(), key.Name())
	}
	_, ok := gotype.Of(reflect.TypeFor[int]()).MapGroup()
	assert.False(t, ok)
	_, ok = gotype.Of(reflect.MapOf(reflect.TypeFor[nested](), reflect.TypeFor[int]())).MapGroup()
	assert.False(t, ok, "made at run time")
}
