package procfd_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/leakassert/leakassert/internal/procfd"
)

// made returns a descriptor that a system call has made, and closes it with the
// test. A kernel without the call skips the test.
func made(t testing.TB) func(num int, err error) int {
	return func(num int, err error) int {
		t.Helper()
		if err == unix.ENOSYS || err == unix.EPERM {
			t.Skip(err)
		}
		require.NoError(t, err)
		t.Cleanup(func() { _ = unix.Close(num) })
		return num
	}
}

// isDescribed compares all but number and identity.
func isDescribed(t testing.TB, num int, want procfd.FD) {
	t.Helper()
	got := procfd.Describe(num)
	assert.NotZero(t, got.Of)
	want.Num = num
	assert.Empty(t, cmp.Diff(want, got, cmpopts.IgnoreFields(procfd.FD{}, "Of")))
}

func TestDescribeFiles(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	create := func(t testing.TB, name string, flags int) int {
		num := made(t)(unix.Open(in(name), flags|unix.O_CREAT|unix.O_CLOEXEC, 0o640))
		require.NoError(t, unix.Fchmod(num, 0o640))
		return num
	}
	tests := []struct {
		name string
		open func(t testing.TB) int
		want procfd.FD
	}{{
		"appending",
		func(t testing.TB) int { return create(t, "log", unix.O_WRONLY|unix.O_APPEND) },
		procfd.FD{Kind: procfd.KindFile, Path: in("log"), Flags: "O_WRONLY|O_APPEND", Mode: 0o640},
	}, {
		"synchronous",
		func(t testing.TB) int { return create(t, "wal", unix.O_RDWR|unix.O_SYNC) },
		procfd.FD{Kind: procfd.KindFile, Path: in("wal"), Flags: "O_RDWR|O_SYNC", Mode: 0o640},
	}, {
		"deleted",
		func(t testing.TB) int {
			num := create(t, "gone", unix.O_RDWR)
			require.NoError(t, os.Remove(in("gone")))
			return num
		},
		procfd.FD{Kind: procfd.KindFile, Path: in("gone"), Deleted: true, Flags: "O_RDWR", Mode: 0o640},
	}, {
		"name that looks deleted",
		func(t testing.TB) int { return create(t, "a (deleted)", unix.O_RDWR) },
		procfd.FD{Kind: procfd.KindFile, Path: in("a (deleted)"), Flags: "O_RDWR", Mode: 0o640},
	}, {
		"name that looks deleted, deleted",
		func(t testing.TB) int {
			num := create(t, "b (deleted)", unix.O_RDWR)
			require.NoError(t, os.Remove(in("b (deleted)")))
			return num
		},
		procfd.FD{Kind: procfd.KindFile, Path: in("b (deleted)"), Deleted: true, Flags: "O_RDWR", Mode: 0o640},
	}, {
		"deleted under this of its two names",
		func(t testing.TB) int {
			num := create(t, "one", unix.O_RDWR)
			require.NoError(t, os.Link(in("one"), in("two")))
			require.NoError(t, os.Remove(in("one")))
			return num
		},
		procfd.FD{Kind: procfd.KindFile, Path: in("one"), Deleted: true, Flags: "O_RDWR", Mode: 0o640},
	}, {
		"directory",
		func(t testing.TB) int { return made(t)(unix.Open("/", unix.O_RDONLY|unix.O_DIRECTORY, 0)) },
		procfd.FD{Kind: procfd.KindDirectory, Path: "/", Flags: "O_RDONLY", Mode: modeOf(t, "/")},
	}, {
		"only a path",
		func(t testing.TB) int { return made(t)(unix.Open("/", unix.O_PATH, 0)) },
		procfd.FD{Kind: procfd.KindDirectory, Path: "/", Flags: "O_RDONLY|O_PATH", Mode: modeOf(t, "/")},
	}, {
		"symbolic link",
		func(t testing.TB) int {
			require.NoError(t, os.Symlink("nowhere", in("link")))
			return made(t)(unix.Open(in("link"), unix.O_PATH|unix.O_NOFOLLOW, 0))
		},
		procfd.FD{Kind: procfd.KindSymlink, Path: in("link"), Flags: "O_RDONLY|O_PATH", Mode: fs.ModeSymlink | 0o777},
	}, {
		"device",
		func(t testing.TB) int { return made(t)(unix.Open("/dev/null", unix.O_RDWR, 0)) },
		procfd.FD{
			Kind: procfd.KindDevice, Path: "/dev/null", Flags: "O_RDWR",
			Mode: modeOf(t, "/dev/null"), Detail: []string{"device 1:3"},
		},
	}, {
		"named pipe",
		func(t testing.TB) int {
			require.NoError(t, unix.Mkfifo(in("fifo"), 0o600))
			return made(t)(unix.Open(in("fifo"), unix.O_RDWR|unix.O_NONBLOCK, 0))
		},
		procfd.FD{Kind: procfd.KindPipe, Path: in("fifo"), Flags: "O_RDWR|O_NONBLOCK", Mode: fs.ModeNamedPipe | 0o600},
	}}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { isDescribed(t, tt.open(t), tt.want) })
	}
}

func modeOf(t testing.TB, path string) fs.FileMode {
	info, err := os.Stat(path)
	require.NoError(t, err)
	return info.Mode()
}

func TestDescribeLongPath(t *testing.T) {
	path := t.TempDir()
	for range 8 {
		path = filepath.Join(path, strings.Repeat("d", 100))
	}
	require.NoError(t, os.MkdirAll(path, 0o700))
	num := made(t)(unix.Open(path, unix.O_RDONLY, 0))
	assert.Equal(t, path, procfd.Describe(num).Path)
}
