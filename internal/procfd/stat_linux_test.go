package procfd_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/leakassert/leakassert/internal/procfd"
)

// The identities are the same by whichever call a kernel has.
func TestIdentityByOlderCalls(t *testing.T) {
	var now, path, fstat procfd.Table
	require.NoError(t, now.Read())
	procfd.SetNeedsPath(true)
	defer procfd.SetNeedsPath(false)
	require.NoError(t, path.Read())
	procfd.SetStatx(false)
	defer procfd.SetStatx(true)
	require.NoError(t, fstat.Read())
	assert.Equal(t, now.Entries, path.Entries)
	for _, e := range fstat.Entries {
		assert.Equal(t, e.ID, procfd.Describe(e.Num).Of)
	}
	assert.Empty(t, procfd.Grown(nil, &now, &fstat))
	assert.Empty(t, procfd.Grown(nil, &fstat, &now))
	for i := range now.Entries {
		now.Entries[i].ID.Born = 0 // only statx has it
	}
	assert.Equal(t, now.Entries, fstat.Entries)
}

// A removed file's inode is the next one's, often at once: a file system's clock
// has not even ticked.
func TestInodeThatIsUsedAgain(t *testing.T) {
	for _, wait := range []time.Duration{0, 50 * time.Millisecond} { // so that the file is no longer young
		t.Run(wait.String(), func(t *testing.T) {
			for range 20 {
				dir := t.TempDir()
				old, err := os.Create(filepath.Join(dir, "old"))
				require.NoError(t, err)
				time.Sleep(wait)
				before := read(t)
				require.NoError(t, old.Close())
				require.NoError(t, os.Remove(old.Name()))
				if wait == 0 { // at another number
					num, err := unix.Open("/", unix.O_PATH|unix.O_CLOEXEC, 0)
					require.NoError(t, err)
					defer func() { _ = unix.Close(num) }()
				}
				again, err := os.Create(filepath.Join(dir, "new"))
				require.NoError(t, err)
				defer again.Close()
				grown := procfd.Grown(nil, before, read(t))
				assert.True(t, slices.ContainsFunc(grown, func(e procfd.Entry) bool { return e.Num == int(again.Fd()) }), "%v of %v", grown, again)
			}
		})
	}
}

// What has been open all the while is the same, however young.
func TestYoungFile(t *testing.T) {
	for range 20 {
		f, err := os.Create(filepath.Join(t.TempDir(), "x"))
		require.NoError(t, err)
		defer f.Close()
		before := read(t)
		_, err = f.WriteString("x")
		require.NoError(t, err)
		require.NoError(t, f.Chmod(0o600))
		require.NoError(t, os.Rename(f.Name(), f.Name()+"2"))
		assert.Empty(t, procfd.Grown(nil, before, read(t)))
	}
}
