// Package fdassert fails tests that leave file descriptors open: files, pipes,
// sockets, and whatever else a number stands for.
package fdassert

import (
	"time"

	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/fdprobe"
	"github.com/leakassert/leakassert/internal/procfd"
)

// name is how messages begin.
const name = "fdassert"

// TB is the part of [testing.TB] that the helpers use.
type TB interface {
	Helper()
	Name() string
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Failed() bool
	Cleanup(func())
}

// FD describes an open descriptor: what it is, its path or its addresses, its
// flags and its state. What could not be read is named in Missing.
type FD = procfd.FD

// Kind is what sort of thing a descriptor stands for: "file", "directory",
// "device", "pipe", "tcp", "udp", "unix", "eventfd", "epoll", "timerfd",
// "signalfd", "inotify", "memfd", "pidfd" and some more.
type Kind = procfd.Kind

// An Option narrows what is asserted, here and in leaktest.FDs.
type Option = fdprobe.Option

// Check takes a snapshot of the open descriptors now and, when the test and the
// cleanups that it registers from here on are done, fails the test if it has
// left some open. leaktest.Check and leaktest.Main do the same and watch
// goroutines, too.
//
// A descriptor is told by what it stands for and not by its number: one that
// takes the number of another, closed meanwhile, is found. A file that was
// closed and opened again is the same as before. What was open before the call
// is never reported, and neither are the runtime's and the testing package's own.
//
// A file that nobody closes is closed when the garbage collector finds it: such
// a descriptor is reported as forgotten, unless [AllowForgotten] is given.
//
// Descriptors belong to the process: of tests that run at the same time the last
// one to end reports what is left, with the names of all. On Linux everything
// is told; elsewhere the report says what is not.
func Check(t TB, opts ...Option) {
	t.Helper()
	r, err := check.New(t, fdprobe.Plan(opts))
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	verify, wrong := r.ToEnd(name)
	if wrong != "" {
		t.Errorf("%s", wrong)
	}
	if verify {
		t.Cleanup(func() {
			if text := r.Verify(); text != "" {
				t.Helper()
				t.Errorf("%s", text)
			}
		})
	}
}

// NoLeak runs body and fails the test if body has left descriptors open; it
// returns whether it has left none.
func NoLeak(t TB, body func(), opts ...Option) bool {
	t.Helper()
	clean, text := check.NoLeak(t, name, body, fdprobe.Plan(opts))
	if text != "" {
		t.Errorf("%s", text)
	}
	return clean
}

// List describes all descriptors that this process has open, by number.
func List() ([]FD, error) { return procfd.All() }

// IgnorePath leaves out descriptors by path. The pattern is that of [path.Match]
// for the whole path, or for its last element if it has no slash: "*.log". One
// that ends in "/..." stands for everything below a folder. Pipes and what else
// has no path go by the name that the system gives them, "pipe:[4711]".
func IgnorePath(pattern string) Option { return fdprobe.IgnorePath(pattern) }

// IgnoreKind leaves out descriptors of some kinds.
func IgnoreKind(kinds ...Kind) Option { return fdprobe.IgnoreKind(kinds) }

// IgnoreSockets leaves out sockets of every kind.
func IgnoreSockets() Option { return fdprobe.IgnoreSockets() }

// Ignore leaves out the descriptors for which ignore returns true. It is asked
// only about those that were left open.
func Ignore(ignore func(FD) bool) Option { return fdprobe.Ignore(ignore) }

// AllowForgotten leaves out what is closed by the garbage collector and by
// nobody else.
func AllowForgotten() Option { return fdprobe.AllowForgotten() }

// Settle sets how long a check that has found something waits for it to go
// before it fails; by default 2s. A clean check does not wait.
func Settle(d time.Duration) Option { return fdprobe.Settle(d) }
