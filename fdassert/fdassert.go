// Package fdassert fails tests that leave file descriptors open: files, pipes, sockets and
// everything else that has a number.
//
// [Check] watches a test, [NoLeak] a function, and [List] shows what is open. leaktest.Check
// and leaktest.Main watch descriptors as well, next to goroutines.
//
// # Reports
//
// A finding is a descriptor, or several of one kind, with what is known of it:
//
//	fd         +1  9 tcp 127.0.0.1:41372 → 127.0.0.1:5432  ESTABLISHED
//	    opened      orders.(*Store).connect  orders/store.go:31
//	fd         +3  7, 8, 10 /var/log/access.log  O_WRONLY|O_APPEND
//	    forgotten   closed only by the garbage collector
//
// # Limits
//
// On Linux the helpers see everything. On macOS and the BSDs a report says what they do not
// see. On Windows they see no descriptors, and a note says so.
package fdassert

import (
	"github.com/leakassert/leakassert/internal/fdprobe"
	"github.com/leakassert/leakassert/internal/procfd"
	"github.com/leakassert/leakassert/internal/session"
)

// name is how messages begin.
const name = "fdassert"

// TB is the part of [testing.TB] that the helpers use. *testing.T, *testing.B, *testing.F,
// the T of a testify suite and GinkgoT() satisfy it.
type TB interface {
	Helper()
	Name() string
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
	Failed() bool
	Cleanup(func())
}

// Check takes a snapshot of the open descriptors now and judges when the test has returned
// and the cleanups registered after the call have run. If descriptors are left open, it
// fails the test. leaktest.Check and leaktest.Main do the same and also watch goroutines.
//
// A descriptor is identified by what it stands for, not by its number. So Check reports a
// descriptor that reuses the number of one that was closed, and does not report a file that was
// closed and opened again. What was open before the call is never reported, and neither are
// descriptors of the runtime and the testing package.
//
// The garbage collector closes a file that nobody closes. Such a descriptor is reported as
// forgotten, unless [AllowForgotten] is given. Check also counts those that were collected
// before the test ended. The count is exact on linux/amd64, in a binary where only os and
// net set finalizers. Elsewhere a note says that the number is not known.
//
// A goroutine that no test has started may replace a descriptor, for example to rotate a log.
// If there is such a goroutine, and no more descriptors of a type (file, pipe, socket …) are
// new than are gone, Check does not report the new ones, and a note names them.
//
// Descriptors belong to the process. If tests overlap, the last one to end reports what is
// left, with the names of all.
//
// LEAKTEST=trace shows who has opened a descriptor. The report says "opened" if the object
// that holds the number proves it, "candidate" for each place that may have opened it, and
// otherwise "opener not known" with the reason.
//
// Do not defer the call: that is an error. The context of the test, t.Context(), is cancelled
// before Check judges. Check does not see what is closed with the context; [NoLeak] does.
func Check(t TB, opts ...Option) {
	if session.Missing(t, name+": Check") {
		return
	}
	t.Helper()
	session.Check(t, name, fdprobe.Plan(opts))
}

// NoLeak runs body and fails the test if body leaves descriptors open. It returns whether
// none is left open.
func NoLeak(t TB, body func(), opts ...Option) bool {
	if session.Missing(t, name+": NoLeak") {
		return false
	}
	t.Helper()
	return session.NoLeak(t, name, body, fdprobe.Plan(opts))
}

// List describes all descriptors that this process has open, in the order of their numbers.
func List() ([]FD, error) {
	all, err := procfd.All()
	list := make([]FD, len(all))
	for i, d := range all {
		list[i] = describe(d)
	}
	return list, err
}
