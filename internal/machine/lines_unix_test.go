//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package machine_test

import (
	"bytes"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/machine"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// unwritable returns names of files that can't be written, and the reasons.
func unwritable(t *testing.T, dir string) map[string]string {
	pipe := filepath.Join(dir, "pipe")
	require.NoError(t, unix.Mkfifo(pipe, 0o600))
	return map[string]string{
		dir:                             "is a directory",
		filepath.Join(dir, "none", "x"): "no such file or directory",
		filepath.Join(dir, "file", "x"): "not a directory",
		pipe:                            "it is not a regular file",
		"/dev/null":                     "it is not a regular file",
	}
}

// A report waits for the lock of another process, and does not wait for ever.
func TestLockOfAnother(t *testing.T) {
	file := filepath.Join(t.TempDir(), "leaks.json")
	f, err := os.Create(file)
	require.NoError(t, err)
	defer f.Close()
	require.NoError(t, unix.Flock(int(f.Fd()), unix.LOCK_EX))

	pauses := 0
	machine.SetRest(t, func(time.Duration) {
		if pauses++; pauses < 3 {
			return
		}
		found, err := read(t, file)
		assert.NoError(t, err)
		assert.Empty(t, found, "the lock is held")
		assert.NoError(t, unix.Flock(int(f.Fd()), unix.LOCK_UN))
	})
	tell(file, probe.Leak{Kind: "waits"})
	found, err := read(t, file)
	require.NoError(t, err)
	assert.Len(t, found, 1)
	assert.Equal(t, 3, pauses)

	require.NoError(t, unix.Flock(int(f.Fd()), unix.LOCK_EX))
	machine.SetRest(t, func(time.Duration) {})
	tell(file, probe.Leak{Kind: "goes on"})
	found, err = read(t, file)
	require.NoError(t, err)
	assert.Len(t, found, 2, "nobody releases the lock")
}

// When the disk is full no part of a line is left, and the lines before it stay.
func TestDiskFull(t *testing.T) {
	if file := os.Getenv(childVariable); file != "" {
		signal.Ignore(unix.SIGXFSZ)
		limit := unix.Rlimit{Cur: 5000, Max: 5000}
		require.NoError(t, unix.Setrlimit(unix.RLIMIT_FSIZE, &limit))
		for range 100 {
			tell(file, probe.Leak{Kind: "a"})
		}
		return
	}
	file := filepath.Join(t.TempDir(), "leaks.json")
	cmd := child(t, t.Name(), file)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil {
		require.ErrorAs(t, err, &exit)
	}
	assert.Contains(t, stderr.String(), "leaktest: LEAKTEST=json="+file+": the findings are not written: file too large\n")
	found, err := read(t, file)
	assert.NoError(t, err)
	assert.NotEmpty(t, found)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, byte('\n'), text[len(text)-1])
	assert.Greater(t, len(text)+len(text)/len(found), 5000, "another line does not fit")
}

// When the disk is full, all lines that fit are there, and the page is the last whole one.
func TestFolderOnAFullDisk(t *testing.T) {
	if dir := os.Getenv(childVariable); dir != "" {
		signal.Ignore(unix.SIGXFSZ)
		limit := unix.Rlimit{Cur: 16_000, Max: 16_000}
		require.NoError(t, unix.Setrlimit(unix.RLIMIT_FSIZE, &limit))
		for range 60 {
			tellFolder(dir, false, probe.Leak{Kind: "a"})
		}
		return
	}
	dir := t.TempDir()
	cmd := child(t, t.Name(), dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Run())
	assert.Equal(t, "leaktest: LEAKTEST=report="+dir+": the page and the profiles do not show all findings: leaks.html: file too large; leakreport makes them of leaks.json\n", stderr.String())
	found, err := read(t, filepath.Join(dir, "leaks.json"))
	require.NoError(t, err)
	assert.Len(t, found, 60)
	shown := shownIn(t, dir)
	assert.Positive(t, shown)
	assert.Less(t, shown, 60)
	parts, err := filepath.Glob(filepath.Join(dir, ".leaks.html*"))
	require.NoError(t, err)
	assert.Empty(t, parts)
}
