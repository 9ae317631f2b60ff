//go:build amd64 || arm64

package memassert_test

import (
	"runtime"
	"testing"
	"time"
	"unsafe"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A desk holds sessions in a field.
type desk struct{ open map[string]*session }

var (
	front    = desk{open: make(map[string]*session)}
	archive  []*session
	assigned = func(user string) { front.open[user] = newSession(user) }
)

// IgnoreHeldBy leaves out what a variable, a type or a field holds, and nothing else.
func TestIgnoreHeldBy(t *testing.T) {
	users := []string{"ann", "bob", "eve"}
	leak := func() {
		for _, u := range users {
			assigned(u)
		}
	}
	defer clear(front.open)
	for _, name := range []string{
		"memassert_test.front", "memassert_test.desk", "*memassert_test.desk", "memassert_test.desk.open",
		"github.com/leakassert/leakassert/memassert_test.desk.open", "github.com/leakassert/leakassert/memassert_test.front",
	} {
		f := faketb.New("T")
		assert.True(t, memassert.NoLeak(f, leak, soon, memassert.IgnoreHeldBy("other.variable", name)), name)
		assert.Empty(t, f.Errors(), name)
		clear(front.open)
	}
	for _, name := range []string{"memassert_test.archive", "memassert_test.desk.closed", "front", "open"} {
		f := faketb.New("T")
		assert.False(t, memassert.NoLeak(f, leak, soon, memassert.IgnoreHeldBy(name)), name)
		assert.Contains(t, f.Errors(), "memassert_test.front.open  map[string]*memassert_test.session", name)
		clear(front.open)
	}
	f := faketb.New("T")
	assert.False(t, memassert.NoLeak(f, func() {
		leak()
		archive = append(archive, newSession("old"))
	}, soon, memassert.IgnoreHeldBy("memassert_test.desk.open")))
	assert.Contains(t, f.Errors(), "memassert_test.archive")
	assert.NotContains(t, f.Errors(), "memassert_test.front")
	archive = nil

	f = faketb.New("T")
	n := 0
	assert.True(t, memassert.NoGrowth(f, func() { n++; front.open[string(rune(n))] = newSession("n") }, soon, memassert.IgnoreHeldBy("memassert_test.front")))
	assert.Empty(t, f.Errors())

	defer func() { archive = nil }()
	f = faketb.New("T")
	assert.False(t, memassert.NoGrowth(f, func() {
		n++
		front.open[string(rune(n))] = newSession("n")
		archive = append(archive, newSession("old"))
	}, soon, memassert.IgnoreHeldBy("memassert_test.front")))
	assert.Regexp(t, `^T grows by 1\.[01]\d objects and`, f.Errors(), "only what is reported counts")
}

// What one call allocates and two containers hold is told as that, and IgnoreHeldBy of one of them
// hides nothing.
func TestIgnoreHeldByOfAShare(t *testing.T) {
	defer func() { clear(front.open); archive = nil }()
	for _, opts := range [][]memassert.Option{{soon}, {soon, memassert.IgnoreHeldBy("memassert_test.front")}} {
		f := faketb.New("T")
		assert.False(t, memassert.NoLeak(f, func() {
			for i := range 100 {
				if s := newSession("shared"); i < 60 {
					front.open[string(rune(i))] = s
				} else {
					archive = append(archive, s)
				}
			}
		}, opts...))
		assert.Contains(t, f.Errors(), "memassert_test.front.open  map[string]*memassert_test.session")
		assert.Contains(t, f.Errors(), "the suspect holds 60 of 100")
		clear(front.open)
		archive = nil
	}
}

func TestIgnoreHeldByRefuses(t *testing.T) {
	for _, names := range [][]string{nil, {""}, {"a.b", " * "}} {
		f, _ := faketb.Run("T", func(f *faketb.TB) { memassert.Check(f, memassert.IgnoreHeldBy(names...)) })
		assert.Contains(t, f.Errors(), "a name is missing; write a variable, a type or a field as a report prints it")
	}
	f, _ := faketb.Run("T", func(f *faketb.TB) { memassert.Collected(f, new([4]int), memassert.IgnoreHeldBy("a.b")) })
	assert.Contains(t, f.Errors(), "does not apply to Collected")
}

// What holds pending timers is called so, and not by a name of the runtime's.
func TestHolderOfPendingTimers(t *testing.T) {
	var timers [1 << 19]uintptr // hidden from the collector; they stay, as they are pending
	n := 0
	f := faketb.New("T")
	require.False(t, memassert.NoGrowth(f, func() {
		s := newSession("a")
		timers[n] = uintptr(unsafe.Pointer(time.AfterFunc(time.Hour, func() { runtime.KeepAlive(s) })))
		n++
	}, soon))
	for _, p := range timers[:n] {
		(*(**time.Timer)(unsafe.Pointer(&p))).Stop()
	}
	assert.Regexp(t, `suspect +pending timers\n`, f.Errors())
	assert.NotContains(t, f.Errors(), "runtime.allp")
}
