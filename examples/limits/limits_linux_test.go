package limits_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"testing"

	"github.com/leakassert/leakassert/examples/limits"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/stretchr/testify/assert"
)

func newLeaking(fsys fs.FS) reader { return limits.NewLeaking(fsys) }
func newMended(fsys fs.FS) reader  { return limits.New(fsys, 4<<20) }

// readBad returns a body that reads 200 uploads which can't be parsed.
func readBad(t *testing.T, newReader func(fs.FS) reader) func() error {
	r := newReader(uploads(t, "no header", 16))
	return func() error {
		for range 200 {
			if _, err := r.Read(newName()); !errors.Is(err, limits.ErrHeader) {
				return err
			}
		}
		return nil
	}
}

// readMany returns a body that reads four uploads of 256 KiB for each MiB. What it
// keeps must be within GOMEMLIMIT.
func readMany(t *testing.T, newReader func(fs.FS) reader, mib int) func() error {
	r := newReader(uploads(t, "upload\n", 256<<10))
	return func() error {
		for range 4 * mib {
			if _, err := r.Read(newName()); err != nil {
				return err
			}
		}
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		runtime.KeepAlive(r)
		if limit := debug.SetMemoryLimit(-1); m.HeapAlloc > uint64(limit) {
			return fmt.Errorf("%d MiB are live, and the limit is %d MiB", m.HeapAlloc>>20, limit>>20)
		}
		return nil
	}
}

// The process may have 64 descriptors: opening one more is an error.
func TestDescriptors(t *testing.T) {
	l := limit{set: rlimit(syscall.RLIMIT_NOFILE, 64)}
	t.Run("leaking", func(t *testing.T) {
		out, err := within(t, l, readBad(t, newLeaking))
		assert.EqualError(t, err, "exit status 3", out)
		assert.Contains(t, out, "upload: too many open files")
	})
	t.Run("mended", func(t *testing.T) {
		leaktest.Check(t)
		out, err := within(t, l, readBad(t, newMended))
		assert.NoError(t, err, out)
	})
}

// GOMEMLIMIT alone ends nothing: the leaking form takes what it does not get.
func TestMemoryLimit(t *testing.T) {
	t.Run("leaking", func(t *testing.T) {
		out, err := within(t, limit{}, readMany(t, newLeaking, 100))
		assert.EqualError(t, err, "exit status 3", out)
		assert.Regexp(t, `^1\d\d MiB are live, and the limit is 64 MiB`, out)
	})
	t.Run("mended", func(t *testing.T) {
		leaktest.Check(t)
		out, err := within(t, limit{}, readMany(t, newMended, 100))
		assert.NoError(t, err, out)
	})
}

// The process may have 256 MiB of data: the runtime ends it when the heap, or now and
// then the stack of a thread, gets no more.
func TestData(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector alone takes more than the limit")
	}
	l := limit{set: rlimit(syscall.RLIMIT_DATA, 256<<20)}
	t.Run("leaking", func(t *testing.T) {
		out, err := within(t, l, readMany(t, newLeaking, 320))
		assert.EqualError(t, err, "exit status 2", out)
		assert.Regexp(t, `out of memory|cannot allocate memory|pthread_create failed|failed to create new OS thread`, out)
	})
	t.Run("mended", func(t *testing.T) {
		leaktest.Check(t)
		out, err := within(t, l, readMany(t, newMended, 320))
		assert.NoError(t, err, out)
	})
}

// The processes of the cgroup may have 128 MiB, as those of a container: the kernel
// kills one that takes more.
func TestCgroup(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector alone takes more than the limit")
	}
	var l limit
	if os.Getenv(childTest) == "" {
		l.attach = join(t, newCgroup(t, 128<<20))
	}
	t.Run("leaking", func(t *testing.T) {
		out, err := within(t, l, readMany(t, newLeaking, 320))
		assert.EqualError(t, err, "signal: killed", out)
	})
	t.Run("mended", func(t *testing.T) {
		leaktest.Check(t)
		out, err := within(t, l, readMany(t, newMended, 320))
		assert.NoError(t, err, out)
	})
}
