package mapfuzz_test

import (
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leakassert/leakassert/examples/maps"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A slow map is right, and what is done to it is not stuck.
func TestSlowMap(t *testing.T) {
	t.Parallel()
	slow := func(*faulty, int) { time.Sleep(2 * time.Millisecond) }
	f := faketb.New("T")
	mapfuzz.Test(f, func() mapfuzz.Map[int, string] { return plainMap{&faulty{store: slow, erase: slow}} }, mapfuzz.Seed(3), mapfuzz.Only("drain", "range"), mapfuzz.Budget(200*time.Millisecond))
	assert.Empty(t, f.Errors())
}

// The budget holds for a map of which each operation takes long, and a person reads what was left out.
func TestVerySlowMap(t *testing.T) {
	for _, each := range []time.Duration{10 * time.Millisecond, 200 * time.Millisecond} {
		var ops atomic.Int64
		slow := func(*faulty, int) { ops.Add(1); time.Sleep(each) }
		f := faketb.New("T")
		said := stderr(t, func() {
			mapfuzz.Test(f, func() mapfuzz.Map[int, string] { return plainMap{&faulty{store: slow, erase: slow}} },
				mapfuzz.Budget(400*time.Millisecond), mapfuzz.Workers(2))
		})
		assert.Empty(t, f.Errors())
		assert.Regexp(t, `^--- WARN: T\n    mapfuzz: mapfuzz_test\.plainMap: an operation takes \d+ms: Budget\(400ms\) left no time for .*release and steady\n$`, said)
		assert.Less(t, ops.Load(), int64(300), "without a bound it is thousands")
	}
}

// stderr returns what f writes to standard error.
func stderr(t *testing.T, f func()) string {
	file, err := os.Create(filepath.Join(t.TempDir(), "stderr"))
	require.NoError(t, err)
	defer file.Close()
	defer func(was *os.File) { os.Stderr = was }(os.Stderr)
	os.Stderr = file
	f()
	text, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	return string(text)
}

// Garbage that nobody collects, and memory of others, are not the map's.
func TestOthersMemory(t *testing.T) {
	var hold [][]byte
	others := func(*faulty, int) { hold = append(hold, make([]byte, 1<<16)) }
	f := faketb.New("T")
	mapfuzz.Test(f, func() mapfuzz.Map[int, string] { return plainMap{&faulty{erase: others}} }, mapfuzz.Only("sequential"), mapfuzz.MaxHeap(50<<20), mapfuzz.Budget(20*time.Second))
	assert.Empty(t, f.Errors())
	assert.Regexp(t, `ended before its time: the heap of the process has grown by \d+\.\d [MG]iB, and not by the map`, f.Logs())
	runtime.KeepAlive(hold)

	f = faketb.New("T")
	mapfuzz.Test(f, func() mapfuzz.Map[int, string] {
		mine := new([][]byte)
		return plainMap{&faulty{erase: func(m *faulty, _ int) {
			m.mu.Lock()
			*mine = append(*mine, make([]byte, 1<<14))
			m.mu.Unlock()
		}}}
	}, mapfuzz.Only("duel"), mapfuzz.MaxHeap(50<<20), mapfuzz.Budget(20*time.Second))
	assert.Contains(t, f.Errors(), "the map takes ever more memory: ")

	f = faketb.New("T")
	mapfuzz.Test(f, func() mapfuzz.Map[int, string] {
		return plainMap{&faulty{erase: func(*faulty, int) { _ = make([]byte, 1<<14) }}}
	}, mapfuzz.Only("duel"), mapfuzz.MaxHeap(50<<20), mapfuzz.Budget(500*time.Millisecond))
	assert.Empty(t, f.Errors())
	assert.NotContains(t, f.Logs(), "heap")
}

// An adapter may fail the test.
func TestFailNow(t *testing.T) {
	n := 0
	f := faketb.New("T")
	mapfuzz.Test(f, func() mapfuzz.Map[int, string] {
		if n++; n > 20 {
			runtime.Goexit()
		}
		return new(maps.Locked[int, string])
	})
	assert.Contains(t, f.Errors(), "newMap, or a method of the map, ends its goroutine, as FailNow of a test does (mode sequential)")
	f = faketb.New("T")
	mapfuzz.Test(f, func() mapfuzz.Map[int, string] {
		return plainMap{&faulty{store: func(m *faulty, k int) {
			if k > 100 {
				runtime.Goexit()
			}
		}}}
	}, mapfuzz.Only("range"))
	assert.Contains(t, f.Errors(), "as FailNow of a test does (mode range)")
	f = faketb.New("T")
	n = 0
	mapfuzz.Test(f, func() mapfuzz.Map[int, string] {
		if n++; n > 20 {
			panic("twenty")
		}
		return new(maps.Locked[int, string])
	})
	assert.Contains(t, f.Errors(), "newMap panics: twenty (mode sequential)")
}

func TestOddMaps(t *testing.T) {
	shared := new(maps.Locked[int, string])
	full := func() mapfuzz.Map[int, string] {
		m := new(maps.Locked[int, string])
		m.Store(1, "one")
		return m
	}
	plain := func() mapfuzz.Map[int, string] { return new(maps.Locked[int, string]) }
	for want, test := range map[string]func(mapfuzz.TB){
		"mapfuzz: newMap returns the same map each time: it must make a new one": func(t mapfuzz.TB) {
			mapfuzz.Test(t, func() mapfuzz.Map[int, string] { return plainMap{shared} })
		},
		"mapfuzz: newMap returns a map that has entries: it must make an empty one": func(t mapfuzz.TB) { mapfuzz.Test(t, full) },
		"mapfuzz: Only and Without leave no mode to run": func(t mapfuzz.TB) {
			mapfuzz.Test(t, plain, mapfuzz.Only("duel"), mapfuzz.Without("duel"))
		},
	} {
		f := faketb.New("T")
		test(f)
		assert.Equal(t, want, f.Errors())
	}
	f := faketb.New("T")
	mapfuzz.Test(f, func() mapfuzz.Map[int, int] { return new(maps.Locked[int, int]) }, mapfuzz.Only("release"))
	assert.Contains(t, f.Logs(), "release: neither keys nor values are pointers, strings or any that the driver makes: there is nothing to see")

	synctest.Test(t, func(t *testing.T) {
		f := faketb.New("T")
		mapfuzz.Test(f, plain)
		assert.Contains(t, f.Errors(), "mapfuzz: called in a synctest bubble")
	})

	t.Setenv("LEAKTEST", "verbose")
	f = faketb.New("T")
	mapfuzz.Test(f, plain)
	assert.Contains(t, f.Errors(), `unknown word "verbose"`)
}
