package memassert_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var _ memassert.TB = testing.TB(nil)

var update = flag.Bool("update", false, "rewrite the golden files")

// goroutines finds the numbers of goroutines.
var goroutines = regexp.MustCompile(`goroutine \d+,`)

// golden compares text with testdata/name.txt, but for the lines and the steps of
// the standard library, which differ from one Go to the next.
func golden(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	text = goroutines.ReplaceAllString(strings.TrimRight(withoutSizes(text), "\n"), "goroutine N,") + "\n"
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err, "go test -update writes it")
	equal(t, string(want), text)
}

// A session is what the tests leak.
type session struct {
	user string
	data [10]int
}

func (s *session) visit(i int) { s.data[i%len(s.data)]++ }

//go:noinline
func newSession(user string) *session {
	s := &session{user: user}
	s.visit(0)
	return s
}

// held is what the tests keep until they are over.
var held struct {
	sessions []*session
	text     []string
	any      []any
	byUser   map[string]*session
}

func release(t *testing.T) {
	t.Cleanup(func() { held.sessions, held.text, held.any, held.byUser = nil, nil, nil, nil })
}

func TestNoLeak(t *testing.T) {
	release(t)
	f := faketb.New("T")
	assert.True(t, memassert.NoLeak(f, func() {}))
	assert.True(t, memassert.NoLeak(f, func() { _ = newSession("a").user }), "what nobody keeps")
	assert.Empty(t, f.Errors()+f.Logs())
	held.sessions = make([]*session, 0, 100)
	assert.False(t, memassert.NoLeak(f, func() {
		for range 100 {
			held.sessions = append(held.sessions, newSession("a"))
		}
	}, soon))
	golden(t, "noleak", f.Errors())
}

// The whole stack, the largest first, and what is small summed up.
func TestNoLeakOfManySites(t *testing.T) {
	release(t)
	f := faketb.New("T")
	t.Setenv("LEAKTEST", "trace")
	held.sessions = make([]*session, 0, 400)
	held.any = make([]any, 0, 10)
	assert.False(t, memassert.NoLeak(f, func() {
		for range 400 {
			held.sessions = append(held.sessions, newSession("a"))
		}
		held.any = append(held.any, new([4]int))
		held.any = append(held.any, new([5]int))
		held.any = append(held.any, new([6]string))
	}, soon))
	golden(t, "sites", f.Errors())
}

func TestCheck(t *testing.T) {
	release(t)
	f, _ := faketb.Run("T", func(f *faketb.TB) {
		memassert.Check(f, soon)
		f.Cleanup(func() { held.sessions = append(held.sessions, newSession("late")) })
	})
	assert.Contains(t, f.Errors(), "T leaked (settled for 20ms): ")
	if detailed {
		assert.Contains(t, f.Errors(), "*memassert_test.session")
	}

	f, _ = faketb.Run("T", func(f *faketb.TB) {
		memassert.Check(f, soon)
		held.sessions = append(held.sessions, newSession("early"))
		f.Cleanup(func() { held.sessions = nil })
	})
	assert.Empty(t, f.Errors(), "a cleanup releases it")

	f, _ = faketb.Run("T", func(f *faketb.TB) { memassert.Check(f); memassert.Check(f) })
	assert.Equal(t, "memassert: Check is called twice on T: leave the second call out, and give its options to the first", f.Errors())
	f, _ = faketb.Run("T", func(f *faketb.TB) { memassert.Check(f); leaktest.Check(f) })
	assert.Empty(t, f.Errors(), "two packages may check one test")
	f, panicked := faketb.Run("T", func(f *faketb.TB) {
		memassert.Check(f, soon)
		held.sessions = append(held.sessions, newSession("a"))
		panic("for another reason")
	})
	assert.Equal(t, "for another reason", panicked)
	assert.Empty(t, f.Errors(), "nothing on top of a panic")
}

// What waits for a finalizer, a goroutine or a timer is waited for.
func TestWhatGoesByItself(t *testing.T) {
	f := faketb.New("T")
	assert.True(t, memassert.NoLeak(f, func() {
		var chain *session
		for range 5 {
			s := &struct {
				session
				next any
			}{next: chain}
			runtime.SetFinalizer(s, func(any) {})
			chain = &s.session
		}
		timed, used := newSession("timer"), newSession("goroutine")
		time.AfterFunc(20*time.Millisecond, func() { timed.user = "" })
		go func() { time.Sleep(5 * time.Millisecond); used.user = "" }()
	}))
	assert.Empty(t, f.Errors())
}

// What is made once is no leak of the test that happens to be the first.
func TestFirstUse(t *testing.T) {
	f := faketb.New("T")
	type unique struct{ First string }
	assert.True(t, memassert.NoLeak(f, func() {
		_ = fmt.Sprintf("%v", unique{"a"})
		_ = regexp.MustCompile(`^a+b$`).FindString("aab")
		_, _ = jsonOf(unique{"b"})
		assert.NotZero(t, time.Now().Local())
	}))
	assert.Empty(t, f.Errors())
}

func TestOptions(t *testing.T) {
	release(t)
	leak := func() {
		held.sessions = append(make([]*session, 0, 10), newSession("a"))
		held.text = append(make([]string, 0, 10), strings.Repeat("b", 100))
	}
	for _, c := range []struct {
		why   string
		opts  []memassert.Option
		clean bool // types are left out where they are known
	}{
		{"nothing", nil, false},
		{"as many objects", []memassert.Option{memassert.MaxObjects(4)}, true},
		{"fewer objects", []memassert.Option{memassert.MaxObjects(3)}, false},
		{"as many bytes", []memassert.Option{memassert.MaxBytes(1000)}, true},
		{"fewer bytes", []memassert.Option{memassert.MaxBytes(100)}, false},
		{"both, one of them too few", []memassert.Option{memassert.MaxObjects(4), memassert.MaxBytes(100)}, false},
		{"a function", []memassert.Option{memassert.IgnoreFunc("github.com/leakassert/leakassert/memassert_test.newSession")}, false},
		{"all functions of the package", []memassert.Option{memassert.IgnoreFunc("github.com/leakassert/leakassert/memassert_test...")}, true},
		{"a type, and the rest allowed", []memassert.Option{memassert.MaxObjects(3), memassert.IgnoreType("memassert_test.session")}, detailed},
		{"all types", []memassert.Option{
			memassert.IgnoreType("*memassert_test.session"), memassert.IgnoreType("[]*memassert_test.session"), memassert.IgnoreType("[]string"),
			memassert.IgnoreFunc("strings..."),
		}, detailed},
		{"another type", []memassert.Option{memassert.IgnoreType("*memassert_test.other")}, false},
	} {
		held.sessions, held.text = nil, nil
		f := faketb.New("T")
		assert.Equal(t, c.clean, memassert.NoLeak(f, leak, append(c.opts, soon)...), "%s: %s", c.why, f.Errors())
	}
}

func TestWrongOptions(t *testing.T) {
	for want, opt := range map[string]memassert.Option{
		"memassert: an Option is nil: leave it out":                                                                                                                       nil,
		"memassert: MaxObjects(-1): what may be left can't be negative; 0 allows nothing":                                                                                 memassert.MaxObjects(-1),
		"memassert: MaxBytes(-2): what may be left can't be negative; 0 allows nothing":                                                                                   memassert.MaxBytes(-2),
		"memassert: Iterations(3000) does not apply to Check and NoLeak, which run a body once: leave it out, or call NoGrowth":                                           memassert.Iterations(3000),
		"memassert: Warmup(1) does not apply to Check and NoLeak, which run a body once: leave it out, or call NoGrowth":                                                  memassert.Warmup(1),
		"memassert: Budget(1s) does not apply to Check and NoLeak, which run a body once: leave it out, or call NoGrowth":                                                 memassert.Budget(time.Second),
		`memassert: IgnoreFunc("example.org/cache.*") can't match any function: a name is not a pattern; write "example.org/cache..."`:                                    memassert.IgnoreFunc("example.org/cache.*"),
		"memassert: Settle(-1s): a time to wait can't be negative; 0 looks once":                                                                                          memassert.Settle(-time.Second),
		`memassert: IgnoreFunc("Put") can't match any function: the package or the function is missing; write "example.org/pkg.Func", or "Put..." for all that begins so`: memassert.IgnoreFunc("Put"),
		`memassert: IgnoreType(""): it is empty; write "cache.Entry", as %T prints it`:                                                                                    memassert.IgnoreType(""),
		`memassert: IgnoreType("cache.*"): a type is not a pattern; write "cache.Entry", as %T prints it`:                                                                 memassert.IgnoreType("cache.*"),
		`memassert: IgnoreType("example.org/cache.Entry"): a type is written with the name of its package only: "cache.Entry"`:                                            memassert.IgnoreType("example.org/cache.Entry"),
	} {
		ran := false
		f := faketb.New("T")
		assert.False(t, memassert.NoLeak(f, func() { ran = true }, opt))
		assert.Equal(t, want, f.Errors())
		assert.True(t, ran, "what the test is about goes on")
	}
	for want, opt := range map[string]memassert.Option{
		"memassert: Iterations(2): it must be 3 or more, for two rounds": memassert.Iterations(2),
		"memassert: Warmup(-1): it must be 0 or more":                    memassert.Warmup(-1),
		"memassert: Budget(0s): it must be more than 0":                  memassert.Budget(0),
	} {
		runs := 0
		f := faketb.New("T")
		assert.False(t, memassert.NoGrowth(f, func() { runs++ }, opt))
		assert.Equal(t, want, f.Errors())
		assert.Equal(t, 1, runs)
	}
	f := faketb.New("T")
	memassert.Collected(f, newSession("a"), memassert.MaxObjects(1))
	assert.Equal(t, "memassert: MaxObjects does not apply to Collected, which asserts that one object is gone: leave it out", f.Errors())
	f = faketb.New("T")
	assert.False(t, memassert.NoLeak(f, nil))
	assert.False(t, memassert.NoGrowth(f, nil))
	assert.Equal(t, "memassert: NoLeak: body is nil: pass the function to run\nmemassert: NoGrowth: body is nil: pass the function to run", f.Errors())
}

func TestLEAKTEST(t *testing.T) {
	release(t)
	leak := func() { held.sessions = append(held.sessions, newSession("a")) }
	t.Setenv("LEAKTEST", "off")
	f := faketb.New("T")
	assert.True(t, memassert.NoLeak(f, leak))
	assert.True(t, memassert.NoGrowth(f, leak))
	memassert.Collected(f, newSession("a"))
	f.End()
	assert.Empty(t, f.Errors()+f.Logs())

	t.Setenv("LEAKTEST", "warn")
	assert.True(t, memassert.NoLeak(f, leak, soon) || f.Errors() == "", "a warning does not fail")
	assert.Contains(t, f.Logs(), "T leaked")

	t.Setenv("LEAKTEST", "of")
	assert.False(t, memassert.NoGrowth(f, leak))
	assert.Contains(t, f.Errors(), `unknown word "of"`)
}
