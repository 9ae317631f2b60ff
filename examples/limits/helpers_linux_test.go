package limits_test

import (
	"errors"
	"fmt"
	"runtime"
	"syscall"
	"testing"

	"github.com/leakassert/leakassert/examples/limits"
	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
)

// A test suite can run under the limits, too: the helpers judge there as elsewhere.
func TestHelpers(t *testing.T) {
	leaktest.Check(t)
	l := limit{set: func() error {
		if raceEnabled {
			return rlimit(syscall.RLIMIT_NOFILE, 64)()
		}
		return errors.Join(rlimit(syscall.RLIMIT_NOFILE, 64)(), rlimit(syscall.RLIMIT_DATA, 256<<20)())
	}}
	bad, good := uploads(t, "no header", 16), uploads(t, "upload\n", 64)
	judge := func(r reader, judged func(f *faketb.TB, read func()) bool, want bool) error {
		f := faketb.New(t.Name())
		if got := judged(f, func() { _, _ = r.Read(newName()) }); got != want {
			return fmt.Errorf("the verdict on %T is %v: %s", r, got, f.Errors())
		}
		runtime.KeepAlive(r)
		return nil
	}
	descriptors := func(f *faketb.TB, read func()) bool { return fdassert.NoLeak(f, read, fdassert.Settle(0)) }
	memory := func(f *faketb.TB, read func()) bool { return memassert.NoGrowth(f, read, memassert.Settle(0)) }
	out, err := within(t, l, func() error {
		return errors.Join(
			judge(newLeaking(bad), descriptors, false), judge(newMended(bad), descriptors, true),
			judge(newLeaking(good), memory, false), judge(limits.New(good, 4<<10), memory, true),
		)
	})
	assert.NoError(t, err, out)
}
