package liveobject_test

import (
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/leakassert/leakassert/internal/liveobject"
	"github.com/leakassert/leakassert/internal/procstate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type thing struct {
	name string
	n    int64
	done atomic.Bool
}

//go:noinline
func here(n int64) *thing { return &thing{name: "here", n: n} }

//go:noinline
func there(n int64) *thing { return &thing{name: "there", n: n} }

// site names the function that has made a thing.
func site(stack []uintptr, size int64) (string, bool) {
	for _, pc := range stack {
		name := runtime.FuncForPC(pc - 1).Name()
		if f := name[strings.LastIndexByte(name, '.')+1:]; f == "here" || f == "there" {
			return f, size >= int64(reflect.TypeFor[thing]().Size())
		}
	}
	return "", false
}

func search() *liveobject.Search[string] { return &liveobject.Search[string]{Site: site} }

func numbers(t *testing.T, all []liveobject.Object[string]) (found map[string][]int64) {
	of := reflect.TypeFor[thing]()
	found = make(map[string][]int64)
	for _, o := range all {
		require.Equal(t, o.Site, o.String(of, "name"))
		n, ok := liveobject.Field(o.Words, of, "n")
		require.True(t, ok)
		found[o.Site] = append(found[o.Site], int64(n))
	}
	for _, list := range found {
		slices.Sort(list)
	}
	return found
}

// Each object is found with the stack on which it was allocated, until it is collected.
func TestObjects(t *testing.T) {
	defer procstate.RecordAllocations()()
	runtime.GC() // what other tests have made
	keep := []*thing{here(1), there(2), here(3)}
	keep[2].done.Store(true)
	s := search()
	found, err := s.Objects()
	requireRecords(t, err)
	assert.Equal(t, map[string][]int64{"here": {1, 3}, "there": {2}}, numbers(t, found))
	for _, o := range found {
		n, _ := liveobject.Field(o.Words, reflect.TypeFor[thing](), "n")
		done, ok := liveobject.Field(o.Words, reflect.TypeFor[thing](), "done")
		assert.True(t, ok)
		assert.Equal(t, n == 3, done != 0)
		_, ok = liveobject.Field(o.Words, reflect.TypeFor[thing](), "gone")
		assert.False(t, ok)
	}
	runtime.KeepAlive(keep)
	keep = []*thing{keep[0]}
	runtime.GC()
	found, err = s.Objects()
	require.NoError(t, err)
	assert.Equal(t, map[string][]int64{"here": {1}}, numbers(t, found))
	runtime.KeepAlive(keep)
}

// While others allocate and the collector runs nothing is found that is not so.
func TestObjectsWhileOthersAllocate(t *testing.T) {
	defer procstate.RecordAllocations()()
	runtime.GC() // what other tests have made
	keep := make([]*thing, 0, 1000)
	const first = 1000 // another test has made those below
	for n := range int64(1000) {
		keep = append(keep, here(first+n))
	}
	var stop atomic.Bool
	var others sync.WaitGroup
	for range 2 {
		others.Go(func() {
			for n := int64(0); !stop.Load(); n++ {
				sink.Store(there(n))
				sizes.Store(new([29]int))
				if n%2000 == 0 {
					runtime.GC()
				}
			}
		})
	}
	s := search()
	for range 20 {
		found, err := s.Objects()
		requireRecords(t, err)
		found = slices.DeleteFunc(found, func(o liveobject.Object[string]) bool { return o.Site != "here" })
		here := slices.DeleteFunc(numbers(t, found)["here"], func(n int64) bool { return n < first })
		require.True(t, len(here) == len(keep), "found are %d of %d", len(here), len(keep))
	}
	stop.Store(true)
	others.Wait()
	sink.Store(nil)
	runtime.KeepAlive(keep)
}

var (
	sink  atomic.Pointer[thing]
	sizes atomic.Pointer[[29]int]
)

func TestPointed(t *testing.T) {
	//lint:ignore U1000 the fields are only reflected on
	type inner struct{ p *thing }
	//lint:ignore U1000 the fields are only reflected on
	type outer struct {
		inner
		q *int
		n int
	}
	assert.Equal(t, reflect.TypeFor[thing](), liveobject.Pointed[outer]())
	assert.Equal(t, reflect.TypeFor[int](), liveobject.Pointed[outer]("q"))
	assert.Nil(t, liveobject.Pointed[outer]("n"))
	assert.Nil(t, liveobject.Pointed[outer]("gone"))
}

// requireRecords ends the test if the runtime's records can't be read here. err must say so.
func requireRecords(t *testing.T, err error) {
	t.Helper()
	if strconv.IntSize == 32 {
		require.ErrorContains(t, err, "they are read where a word has 64 bits, its lowest byte first, and not on "+runtime.GOARCH)
		t.SkipNow()
	}
	require.NoError(t, err)
}
