package mapfuzz

import (
	"flag"
	"hash/crc32"
	"testing"

	"github.com/leakassert/leakassert/internal/mapdrive"
)

const (
	// replayRounds of what goroutines do at the same time are played in an execution
	// that repeats what was found, and fuzzRounds in one of concurrent that look for
	// something new. There what is covered is up to chance, and the engine takes it for
	// the work of the bytes: so it is left to few, always the same.
	replayRounds = 2000
	fuzzRounds   = 40
	concurrent   = 32
)

// Fuzz has Go's fuzzing engine choose what is done to maps that newMap makes: bytes
// become a sequence of operations, which is compared with a built-in map, and some
// goroutines with a few operations each, of which some order must explain what they
// have returned. Every string of bytes is valid, and an execution takes some
// milliseconds at the most.
//
//	func FuzzCache(f *testing.F) {
//		mapfuzz.Fuzz(f, func() mapfuzz.Map[string, int] { return cache.New() })
//	}
//
// Without -fuzz the seeds are run, and what was found before, in testdata/fuzz.
// Options that set a budget, modes, workers or a seed do not apply.
//
// ClusterFuzzLite and OSS-Fuzz put a type of their own in place of testing.F in the file
// of the target: there call [Execute].
func Fuzz[K comparable, V any](f *testing.F, newMap func() Map[K, V], opts ...Option) {
	f.Helper()
	x, err := newExecutor(newMap, opts)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{})
	f.Add([]byte("\x00\x01\x01\x01\x02\x01\x01\x03\x02\x01\x00\x00\x01\x00"))
	f.Add([]byte("a store, a load, a delete, and all that again on the same few keys"))
	fuzzing := flag.Lookup("test.fuzz")
	x.searches = fuzzing != nil && fuzzing.Value.String() != ""
	f.Fuzz(func(t *testing.T, data []byte) { x.execute(t, data) })
}

// Execute does to a map what bytes stand for, see [Fuzz], and fails t if an answer is
// wrong. It is for fuzzing engines other than Go's:
//
//	func FuzzCache(f *testing.F) {
//		f.Fuzz(func(t *testing.T, data []byte) {
//			mapfuzz.Execute(t, data, func() mapfuzz.Map[string, int] { return cache.New() })
//		})
//	}
//
// In ClusterFuzzLite and OSS-Fuzz that is built by
//
//	compile_native_go_fuzzer example.com/cache FuzzCache fuzz_cache
//
// in build.sh, with sanitizer address and language go in project.yaml.
func Execute[K comparable, V any](t TB, data []byte, newMap func() Map[K, V], opts ...Option) {
	t.Helper()
	x, err := newExecutor(newMap, opts)
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	x.searches = true
	x.execute(t, data)
}

// An executor does what bytes stand for.
type executor[K comparable, V any] struct {
	newMap   func() Map[K, V]
	tables   *tables[K, V]
	settings settings
	kind     string
	// searches says that an engine tries one thing after the other.
	searches bool
}

func newExecutor[K comparable, V any](newMap func() Map[K, V], opts []Option) (*executor[K, V], error) {
	o, err := options(opts)
	if err != nil {
		return nil, err
	}
	tables, err := tablesOf[K, V](o)
	if err != nil {
		return nil, err
	}
	if err := usable(newMap); err != nil {
		return nil, err
	}
	return &executor[K, V]{newMap: newMap, tables: tables, settings: o, kind: kindOf(newMap)}, nil
}

func (x *executor[K, V]) execute(t TB, data []byte) {
	t.Helper()
	d := &mapdrive.Driver{
		New:   func() mapdrive.Target { return x.tables.target(x.newMap()) },
		Namer: x.tables, Keys: len(x.tables.keys), Vals: len(x.tables.vals), Workers: 2, Decoded: true,
		WeakRange: x.settings.weakRange, RangeWrites: x.settings.rangeWrites,
	}
	rounds := replayRounds
	if x.searches {
		rounds = 0
		if crc32.ChecksumIEEE(data)%concurrent == 0 {
			rounds = fuzzRounds
		}
	}
	if f := watched(t, d, x.settings, x.kind, func() *mapdrive.Failure { return d.Execute(data, rounds, !x.searches) }); f != nil {
		t.Errorf("%s", describe(t, d, f, x.kind))
	}
}
