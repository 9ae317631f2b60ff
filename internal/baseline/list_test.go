package baseline

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const self = "github.com/leakassert/leakassert/internal/baseline"

func open(t *testing.T, times int, lines ...string) *List {
	t.Helper()
	file := filepath.Join(t.TempDir(), "leaks.txt")
	text := ""
	for _, line := range lines {
		text += self + " " + line + "\n"
	}
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	l, err := Open(file, Read)
	require.NoError(t, err)
	if times > 0 {
		l.ForSuite(times)
	}
	return l
}

// slots are n leaks of one place, that one of some tests has.
func slots(at string, n int64, tests ...string) probe.Leak {
	l := probe.Leak{Kind: "slot", Count: n, Tests: tests}
	l.SetPlace(at)
	return l
}

// new returns how many of the leaks that a run of a test has are not known.
func (l *List) new(test string, leaks ...probe.Leak) int {
	r, _ := l.Run(new(int), test)
	left, _ := r.New(leaks, false)
	r.End(true, false)
	return len(left)
}

// What overlapping tests leak may be one test's in one run, and no test's in the next.
func TestOwnerOfAKnownLeakVaries(t *testing.T) {
	l := open(t, 1, "- 2 slot x", "TestA 1 slot x")
	assert.Zero(t, l.new("TestB", slots("x", 1)), "the line of no test stands for a test's")
	assert.Zero(t, l.new("TestC", slots("x", 1)))
	assert.Equal(t, 1, l.new("TestC", slots("x", 1)), "it is used up")
	left, _ := l.Unowned([]probe.Leak{slots("x", 1, "TestA", "TestB")}, nil)
	assert.Empty(t, left, "the line of a test stands for what may be its")
	assert.Equal(t, int64(1), l.records["TestA"].most["slot x"])
	left, lines := l.Unowned([]probe.Leak{slots("x", 1, "TestA", "TestB")}, nil)
	assert.Len(t, left, 1, "it is used up, too")
	assert.Equal(t, self+"  -  1  slot x", lines[len(lines)-1])

	alone := open(t, 0, "TestA 1 slot x")
	assert.Zero(t, alone.new("TestB", slots("x", 1, "TestA", "TestB")), "without a suite, the last test reports what it shares")
	assert.Equal(t, 1, alone.new("TestB", slots("x", 2, "TestA", "TestB")))
}

// What no test owns is there once for each run of the suite.
func TestUnownedInRepeatedRuns(t *testing.T) {
	l := open(t, 3*int(runs()), "- 2 slot x")
	l.times = 3
	left, _ := l.Unowned([]probe.Leak{slots("x", 6)}, nil)
	assert.Empty(t, left)
	left, lines := l.Unowned([]probe.Leak{slots("x", 7)}, nil)
	assert.Len(t, left, 1)
	assert.Equal(t, self+"  -  3  slot x", lines[len(lines)-1])
}

// A finding that stands for several places is known if all of them are.
func TestKnownPlaces(t *testing.T) {
	both := slots("x", 2)
	both.Places = append(both.Places, slots("y", 1).Places...)
	l := open(t, 1, "TestA 2 slot x", "TestA 1 slot y", "TestB 2 slot x")
	assert.Zero(t, l.new("TestA", both))
	r, _ := l.Run(nil, "TestB")
	left, lines := r.New([]probe.Leak{both, slots("x", 0)}, false)
	assert.Len(t, left, 2, "of x there are more, and it can't be told which are new")
	assert.Equal(t, []string{"To let them pass until they are mended, write in " + l.shown + ":", self + "  TestB  3  slot x", self + "  TestB  1  slot y"}, lines)
	assert.Equal(t, []probe.Evidence{{Label: "known", Columns: []string{"1 more than the 2 in " + l.shown + ":3"}}}, left[1].Evidence)
}

func TestGrownIsKnownFromAnyTest(t *testing.T) {
	l := open(t, 3, "TestA 2 slot x", "- any slot y")
	left, lines := l.Grown([]probe.Leak{slots("x", 6), slots("y", 3), slots("z", 3)})
	assert.Len(t, left, 1)
	assert.Equal(t, self+"  -  any  slot z", lines[len(lines)-1])
}
