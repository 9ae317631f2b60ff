package procfd_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestReadDoesNotAskFUSE reads a table with a descriptor of a file system whose
// server never answers, where an fstat would wait for ever. Read must not, as
// the server may be a goroutine that Read's own system call holds up.
func TestReadDoesNotAskFUSE(t *testing.T) {
	dev, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Skip(err)
	}
	hangUp := time.AfterFunc(10*time.Second, func() { _ = unix.Close(dev) }) // ends whatever waits for it
	defer func() {
		if hangUp.Stop() {
			_ = unix.Close(dev)
		}
	}()
	dir := t.TempDir()
	if err := unix.Mount("fuse", dir, "fuse", 0, fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0", dev)); err != nil {
		t.Skip(err) // not root
	}
	defer func() { _ = unix.Unmount(dir, unix.MNT_DETACH) }()
	num, err := unix.Open(dir, unix.O_PATH|unix.O_CLOEXEC, 0)
	require.NoError(t, err)
	defer func() { _ = unix.Close(num) }()

	assert.Contains(t, tableNumbers(read(t)), num)
	assert.True(t, hangUp.Reset(10*time.Second), "it has waited for the server")
}
