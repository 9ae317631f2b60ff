package mapfuzz

import (
	"hash/crc32"
	"testing"

	"github.com/leakassert/leakassert/internal/mapdrive"
	"github.com/leakassert/leakassert/internal/probe"
)

const (
	// replayRounds is how many rounds of concurrent operations an execution plays that repeats a
	// finding, and fuzzRounds how many one plays that searches. Coverage of concurrent code is up
	// to chance, and the engine believes that the bytes caused it. So fuzzRounds is small and
	// always the same.
	replayRounds = 2000
	fuzzRounds   = 40
	concurrent   = 32
)

// Fuzz has Go's fuzzing engine choose the operations on maps that newMap makes. An input becomes
// a sequence of operations, which is compared with a built-in map, and a few operations for each
// of two to four goroutines, whose answers some order must explain. Every input is valid. An
// execution takes a few milliseconds at most.
//
//	func FuzzCache(f *testing.F) {
//		mapfuzz.Fuzz(f, func() mapfuzz.Map[string, int] { return cache.New() })
//	}
//
// Without -fuzz the seeds run, and the failures in testdata/fuzz that were found before.
// Options that set a budget, modes, workers or a seed do not apply.
//
// ClusterFuzzLite and OSS-Fuzz replace testing.F in the file of the target by a type of their
// own. Call [Execute] there.
func Fuzz[K comparable, V any](f *testing.F, newMap func() Map[K, V], opts ...Option) {
	f.Helper()
	h, err := newHarness(newMap, opts)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{})
	f.Add([]byte("\x00\x01\x01\x01\x02\x01\x01\x03\x02\x01\x00\x00\x01\x00"))
	f.Add([]byte("a store, a load, a delete, and all that again on the same few keys"))
	searches := probe.FlagSet("test.fuzz")
	f.Fuzz(func(t *testing.T, data []byte) { h.execute(t, data, searches) })
}

// Execute runs the operations that data stands for, as [Fuzz] does, and fails t if an answer
// is wrong. It is for fuzzing engines other than Go's:
//
//	func FuzzCache(f *testing.F) {
//		f.Fuzz(func(t *testing.T, data []byte) {
//			mapfuzz.Execute(t, data, func() mapfuzz.Map[string, int] { return cache.New() })
//		})
//	}
//
// For ClusterFuzzLite and OSS-Fuzz, put this line into build.sh, and language go and sanitizer
// address into project.yaml:
//
//	compile_native_go_fuzzer example.com/cache FuzzCache fuzz_cache
func Execute[K comparable, V any](t TB, data []byte, newMap func() Map[K, V], opts ...Option) {
	t.Helper()
	h, err := newHarness(newMap, opts)
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	h.execute(t, data, true)
}

// execute runs what the bytes stand for. searches says that an engine is trying new bytes.
func (h *harness[K, V]) execute(t TB, data []byte, searches bool) {
	t.Helper()
	r := h.run(t)
	r.d.Workers, r.decoded = 2, true
	rounds := replayRounds
	if searches {
		rounds = 0
		if crc32.ChecksumIEEE(data)%concurrent == 0 {
			rounds = fuzzRounds
		}
	}
	if f := r.watched(func() *mapdrive.Failure { return r.d.Execute(data, rounds, !searches) }); f != nil {
		t.Errorf("%s", r.describe(f))
	}
}
