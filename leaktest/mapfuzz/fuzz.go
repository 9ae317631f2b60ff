package mapfuzz

import (
	"testing"

	"github.com/leakassert/leakassert/internal/mapdrive"
)

// Fuzz has Go's fuzzing engine choose what is done to maps that newMap makes: bytes
// become a sequence of operations, which is compared with a built-in map, and a pair
// of goroutines with some operations each, of which any order must explain what they
// have returned. Every string of bytes is valid, and an execution takes some
// milliseconds at the most.
//
//	func FuzzCache(f *testing.F) {
//		mapfuzz.Fuzz(f, func() mapfuzz.Map[string, int] { return cache.New() })
//	}
//
// Without -fuzz the seeds are run, and what was found before, in testdata/fuzz. In
// ClusterFuzzLite and OSS-Fuzz such a target runs as it is, built by
// compile_native_go_fuzzer. Options that set a budget, modes or a seed do not apply.
func Fuzz[K comparable, V any](f *testing.F, newMap func() Map[K, V], opts ...Option) {
	f.Helper()
	o, err := options(opts)
	if err != nil {
		f.Fatal(err)
	}
	tables, err := newTables[K, V](o)
	if err != nil {
		f.Fatal(err)
	}
	if err := usable(newMap); err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{})
	f.Add([]byte("\x00\x01\x02\x01\x01\x03\x02\x01\x00\x00\x01\x00"))
	f.Add([]byte("a store, a load, a delete, and all that again on the same few keys"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := &mapdrive.Driver{
			New:   func() mapdrive.Target { return tables.target(newMap()) },
			Namer: tables, Keys: len(tables.keys), Vals: len(tables.vals), Workers: 2, WeakRange: o.weakRange, RangeWrites: o.rangeWrites,
		}
		if found := d.Execute(data); found != nil {
			t.Fatal(describe(d, found, kindOf(newMap)))
		}
	})
}
