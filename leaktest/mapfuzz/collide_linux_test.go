package mapfuzz_test

import (
	"os"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest/mapfuzz"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A fault that shows only if two keys have the same hash is found, and its schedule is replayed.
func TestExploreCollidingKeys(t *testing.T) {
	if raceEnabled {
		t.Skip("go test runs it: a schedule takes a hundred times as long")
	}
	broken := func() mapfuzz.Map[int, string] { return newHashTable(true) }
	t.Run("broken", func(t *testing.T) {
		f := explored(t, broken, mapfuzz.Budget(4*time.Second))
		assert.Regexp(t, `^mapfuzz: \*mapfuzz_test\.hashTable: .* \(explored: .*, all hashes equal\)\n`, f.Errors())
		word := collisions.FindStringSubmatch(f.Errors())
		require.Len(t, word, 2, f.Errors())
		t.Setenv("LEAKTEST", word[1])
		again := explored(t, broken)
		assert.Contains(t, again.Errors(), "(replayed, all hashes equal)\n")
		assert.Equal(t, table(f.Errors()), table(again.Errors()))
	})
	t.Run("unique", func(t *testing.T) {
		f := explored(t, broken, mapfuzz.Budget(2*time.Second), mapfuzz.UniqueHashes())
		assert.Empty(t, f.Errors())
		assert.NotContains(t, f.Logs(), "hashes")
	})
	t.Run("holds", func(t *testing.T) {
		f := explored(t, func() mapfuzz.Map[int, string] { return newHashTable(false) }, mapfuzz.Budget(4*time.Second))
		assert.Empty(t, f.Errors())
		assert.Contains(t, f.Logs(), ": all hashes equal: ")
		assert.Contains(t, f.Logs(), ": hashes of 4 values: ")
	})
}

var collisions = tokenOf(`h1\.\S+`)

// A schedule that another process has found, and another release of Go, is played again. The hashes of the
// keys decide what the map does.
func TestReplayStored(t *testing.T) {
	if raceEnabled {
		t.Skip("go test runs it: builds take ten times as long")
	}
	const file = "testdata/stored.schedule"
	broken := func() mapfuzz.Map[int, string] { return newHashTable(true) }
	if *update {
		f := explored(t, broken)
		word := regexp.MustCompile(`LEAKTEST=(\S+) go`).FindStringSubmatch(f.Errors())
		require.Len(t, word, 2, f.Errors())
		require.NoError(t, os.WriteFile(file, []byte(word[1]), 0o666))
	}
	word, err := os.ReadFile(file)
	require.NoError(t, err)
	t.Setenv("LEAKTEST", string(word))
	f := explored(t, broken)
	assert.Contains(t, f.Errors(), "(replayed, all hashes equal)\n")
}

// shuffled does more for some keys, and looks at them in the order of a built-in map.
type shuffled struct {
	hashTable
	point atomic.Int32
}

func (s *shuffled) Store(k int, v string) {
	s.hashTable.Store(k, v)
	for h := range s.chains {
		if h%2 == 0 {
			s.point.Add(1)
		}
		break
	}
}

// If a map does something else each time, the log says where that can come from.
func TestExploreNamesChance(t *testing.T) {
	if raceEnabled {
		t.Skip("go test runs it: a schedule takes a hundred times as long")
	}
	f := explored(t, func() mapfuzz.Map[int, string] { s := new(shuffled); s.hashTable.init(false); return s }, mapfuzz.Budget(2*time.Second))
	assert.Regexp(t, `[\d ]+ executions did something else than their schedule was made for`, f.Logs())
	assert.Regexp(t, `not controlled: \S+mapfuzz\S*  collide_linux_test\.go:\d+  range: the order of a built-in map differs from time to time`, f.Logs())
}
