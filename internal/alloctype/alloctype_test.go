package alloctype_test

import (
	"bytes"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/alloctype"
	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/procstate"
	"github.com/stretchr/testify/assert"
)

type entry struct {
	name string
	next *entry
}

type (
	table map[string]*entry
	key   struct{ a, b int }
)

var (
	kept   []any
	words  []string
	byName = table{}
	byKey  = map[key]int{}
	byID   = map[int64]bool{}
	boxed  any
)

//go:noinline
func pair[T any]() *[2]T { return new([2]T) }

// What the functions allocate, and keep, is found by their stacks.
func TestTypes(t *testing.T) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skip("not known on ", runtime.GOARCH)
	}
	n := len(t.Name())
	cases := []struct {
		why, want string
		make      func() any
	}{
		{"a pointer", "*alloctype_test.entry", func() any { return &entry{name: t.Name(), next: new(entry)} }},
		{"a pointer to a type of another package", "*bytes.Buffer", func() any { return new(bytes.Buffer) }},
		{"a slice", "[]alloctype_test.entry", func() any { s := make([]entry, n); return &s[0] }},
		{"a slice of bytes", "[]uint8", func() any { s := make([]byte, 100*n); return &s[0] }},
		{"a slice that grows", "[]string", func() any { words = append(words, t.Name()); return &words[0] }},
		{"a map", "alloctype_test.table", func() any {
			m := make(table, 50)
			m[t.Name()] = nil
			return m
		}},
		{"a map that grows", "alloctype_test.table", func() any {
			for i := range 50 {
				byName[fmt.Sprint(i)] = nil
			}
			return nil
		}},
		{"a map with keys that take a general function", "map[alloctype_test.key]int", func() any {
			for i := range 50 {
				byKey[key{i, i}] = i
			}
			return nil
		}},
		{"a map with keys of 64 bits", "map[int64]bool", func() any {
			for i := range int64(50) {
				byID[i] = true
			}
			return nil
		}},
		{"a channel", "chan *alloctype_test.entry", func() any { return make(chan *entry, n) }},
		{"a value in an interface", "alloctype_test.key", func() any { boxed = key{n, n}; return nil }},
		{"a string", "string", func() any { s := t.Name() + strings.ToUpper(t.Name()); return &s }},
		{"a function literal", "func literal", func() any { f := func() int { return n + len(t.Name()) }; return f }},
		{"generic code is given its types at run time", "", func() any { return pair[string]() }},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			made := runtime.FuncForPC(reflect.ValueOf(c.make).Pointer()).Name()
			defer procstate.RecordAllocations()()
			kept = append(kept, c.make())
			runtime.GC()
			found := make(map[string]bool)
			for _, r := range memprofile.Read(nil, false) {
				for _, f := range memprofile.Frames(r.Stack()) {
					if f.Func == made {
						found[alloctype.At(r.Stack(), r.InUseBytes()/r.InUseObjects()).Name] = true
					}
				}
			}
			assert.Contains(t, found, c.want)
		})
	}
}

// A stack that means nothing has no type, and does no harm.
func TestNoStack(t *testing.T) {
	assert.Zero(t, alloctype.At(nil, 8))
	assert.Zero(t, alloctype.At([]uintptr{0, 1, ^uintptr(0)}, 8))
	var pcs [16]uintptr
	assert.Zero(t, alloctype.At(pcs[:runtime.Callers(0, pcs[:])], 8))
}
