package mapfuzz_test

import (
	"math"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
	"github.com/stretchr/testify/assert"
)

// tired is a map that loses each store after some operations. If racing, it also loses stores that meet others.
type tired struct {
	mu      sync.Mutex
	entries map[int]string
	ops     int
	stores  atomic.Int32
	racing  bool
}

// loses is how many operations a tired map does well.
const loses = 40

func (m *tired) lock() (unlock func()) {
	m.mu.Lock()
	m.ops++
	return m.mu.Unlock
}

func (m *tired) Load(k int) (string, bool) {
	defer m.lock()()
	v, ok := m.entries[k]
	return v, ok
}

func (m *tired) Store(k int, v string) {
	before := m.stores.Load()
	lost := m.stores.Add(1) != before+1 && m.racing
	defer m.lock()()
	if m.ops <= loses && !lost {
		m.entries[k] = v
	}
}

func (m *tired) Delete(k int) {
	defer m.lock()()
	delete(m.entries, k)
}

func (m *tired) Range(f func(int, string) bool) {
	defer m.lock()()
	for k, v := range m.entries {
		if !f(k, v) {
			return
		}
	}
}

// If the scenario that fails stays large, a smaller one is looked for by exploring. Without one the report has
// the large one.
func TestAround(t *testing.T) {
	if raceEnabled {
		t.Skip("go test runs it: builds take ten times as long")
	}
	_, child := os.LookupEnv("LEAKASSERT_EXPLORE")
	for _, c := range []struct {
		name    string
		smaller bool
	}{{"smaller", true}, {"nothing smaller", false}} {
		t.Run(c.name, func(t *testing.T) {
			f := faketb.New(t.Name())
			mapfuzz.Test(f, func() mapfuzz.Map[int, string] {
				m := &tired{entries: make(map[int]string), racing: c.smaller}
				if child {
					m.ops = math.MinInt32 // a fault of other processes
				}
				return m
			}, mapfuzz.Seed(1), mapfuzz.Only("sequential"), mapfuzz.Budget(10*time.Second))
			if child {
				t.SkipNow() // the rest is the parent's
			}
			if !c.smaller {
				assert.Regexp(t, `^mapfuzz: \*mapfuzz_test\.tired: .* \(mode sequential\)\n`, f.Errors())
				assert.NotContains(t, f.Errors(), "explored")
				return
			}
			assert.Regexp(t, `^mapfuzz: \*mapfuzz_test\.tired: .* \(explored: .*\)\n`, f.Errors())
			assert.Contains(t, f.Errors(), "LEAKTEST=replay=")
			assert.Regexp(t, `\n\d\d+ operations failed before this was explored \(mode sequential\): .*; mapfuzz\.Seed\(1\) and `, f.Errors())
		})
	}
}
