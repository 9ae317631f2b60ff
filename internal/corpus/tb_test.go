//go:build linux

package corpus

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/leakassert/leakassert/internal/faketb"
)

// A fake is the test that a body runs as. What a body says against itself is kept
// apart from what a check reports: checks only call Errorf.
type fake struct {
	*faketb.TB
	unexported
	mu       sync.Mutex
	says     []string
	cleanups []func()
}

// unexported has the method of testing.TB that nobody else can have.
type unexported struct{ testing.TB }

var _ testing.TB = (*fake)(nil)

// newFake returns a fake that has what a test keeps until it is over, so that no check
// sees the body allocate that: the list of cleanups, and the channel of the context.
func newFake(name string) *fake {
	t := &fake{TB: faketb.New(name), cleanups: make([]func(), 0, 32)}
	t.Context().Done()
	return t
}

// play runs f as a whole test on a goroutine of its own: f, then the cleanups.
func play(name string, f func(*fake)) *fake {
	t := newFake(name)
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer t.end()
		f(t)
	}()
	<-done
	return t
}

// within runs body as a part of the test: its cleanups run before within returns.
func (t *fake) within(body func(testing.TB)) {
	inner := newFake(t.Name())
	defer func() {
		if inner.Failed() {
			t.Fatal(inner.broken())
		}
	}()
	defer inner.end()
	body(inner)
}

func (t *fake) end() {
	if p := recover(); p != nil {
		buf := make([]byte, 64<<10)
		t.complain(fmt.Sprintf("panic: %v\n%s", p, buf[:runtime.Stack(buf, false)]))
		t.TB.Errorf("the body panicked")
	}
	t.TB.End() // cancels the context
	for {
		t.mu.Lock()
		n := len(t.cleanups)
		if n == 0 {
			t.mu.Unlock()
			return
		}
		f := t.cleanups[n-1]
		t.cleanups[n-1] = nil // or it would keep what the function refers to
		t.cleanups = t.cleanups[:n-1]
		t.mu.Unlock()
		f()
	}
}

// Cleanup is of the fake itself, so that what has run is not kept.
func (t *fake) Cleanup(f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, f)
}

// complain notes what the body itself finds wrong, such as a server that does not answer.
func (t *fake) complain(s string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.says = append(t.says, s)
}

// broken returns what the body found wrong, and "" if it ran as it should.
func (t *fake) broken() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.says, "\n")
}

func (t *fake) Error(args ...any) {
	t.complain(fmt.Sprintln(args...))
	t.TB.Errorf("the body failed")
}

func (t *fake) Fatal(args ...any) {
	t.complain(fmt.Sprintln(args...))
	t.TB.FailNow()
}

func (t *fake) Fatalf(format string, args ...any) {
	t.complain(fmt.Sprintf(format, args...))
	t.TB.FailNow()
}

func (t *fake) FailNow() {
	t.complain("it failed, and its log is: " + t.Logs())
	t.TB.FailNow()
}

func (t *fake) Fail()                    { t.Error("failed") }
func (t *fake) Log(args ...any)          {}
func (t *fake) Skip(args ...any)         { t.SkipNow() }
func (t *fake) Skipf(f string, a ...any) { t.Logf(f, a...); t.SkipNow() }
func (t *fake) Setenv(key, value string) { panic("bodies leave the environment alone") }
func (t *fake) Chdir(dir string)         { panic("bodies stay where they are") }
func (t *fake) Attr(key, value string)   {}
func (t *fake) ArtifactDir() string      { return t.TempDir() }

func (t *fake) TempDir() string {
	dir, err := os.MkdirTemp("", "corpus")
	must(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// must ends the test if there is an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		_, file, line, _ := runtime.Caller(1)
		t.Fatalf("%s:%d: %v", file, line, err)
	}
}

// got is must for a function that also returns a value.
func got[T any](v T, err error) func(t testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			_, file, line, _ := runtime.Caller(1)
			t.Fatalf("%s:%d: %v", file, line, err)
		}
		return v
	}
}

// equal ends the test if the values differ.
func equal[T comparable](t testing.TB, got, want T) {
	t.Helper()
	if got != want {
		_, file, line, _ := runtime.Caller(1)
		t.Fatalf("%s:%d: %v instead of %v", file, line, got, want)
	}
}
