//go:build amd64 || arm64

package heapdump_test

import (
	"errors"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/heapdump"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A killer kills the children that dump, as the kernel does when memory runs out. It holds a descriptor of
// each, since the number of one that has ended could be another process by then.
type killer struct {
	when func() // returns when it is time to kill
	wait sync.WaitGroup
	errs []error
}

func (k *killer) clone() (pid int, errno syscall.Errno) {
	if pid, errno = heapdump.RawClone(); pid == 0 || errno != 0 { // the child
		return pid, errno
	}
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		k.errs = append(k.errs, err)
		return pid, errno
	}
	k.wait.Go(func() {
		defer unix.Close(fd)
		k.when()
		if err := unix.PidfdSendSignal(fd, unix.SIGKILL, nil, 0); err != nil && !errors.Is(err, unix.ESRCH) {
			panic(err)
		}
	})
	return pid, errno
}

// dumped returns how many bytes of a dump the child has written.
func dumped() int64 {
	const dir = "/proc/self/fd/"
	entries, _ := os.ReadDir(dir)
	for _, e := range entries {
		if link, _ := os.Readlink(dir + e.Name()); link == "/memfd:heap dump (deleted)" {
			if info, err := os.Stat(dir + e.Name()); err == nil {
				return info.Size()
			}
		}
	}
	return 0
}

// A child that is killed at any moment costs its dump and nothing else: an error says so, or the dump is whole.
func TestChildIsKilled(t *testing.T) {
	whole := take(t)
	size := int64(0)
	for i := range whole.Len() {
		size += int64(len(whole.Bytes(i)))
	}
	before := current(t)
	for step := range 12 {
		k := &killer{}
		part := size * int64(step) / 8 // more than the size: at the end, or after it
		k.when = func() {
			for began := time.Now(); dumped() < part && time.Since(began) < 100*time.Millisecond; {
				time.Sleep(100 * time.Microsecond)
			}
		}
		restore := heapdump.Replace(k.clone, nil)
		d, err := heapdump.Try(time.Minute, true)
		restore()
		k.wait.Wait()
		require.Empty(t, k.errs)
		if err == nil {
			assert.Equal(t, len(whole.Segments), len(d.Segments))
			find(t, d, inData)
			require.NoError(t, d.Close())
		} else {
			assert.EqualError(t, err, "heap dump: the child crashed: killed")
		}
		assert.Equal(t, before, current(t))
		noChild(t)
	}

	k := &killer{when: func() {}}
	defer heapdump.Replace(k.clone, nil)()
	for range 3 {
		if d, err := heapdump.Take(); err == nil { // it was faster
			require.NoError(t, d.Close())
		} else {
			assert.EqualError(t, err, "heap dump: the child crashed: killed (3 tries)")
		}
		k.wait.Wait()
	}
	noChild(t)
}
