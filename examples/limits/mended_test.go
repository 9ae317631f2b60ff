package limits_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/leakassert/leakassert/examples/internal/readme"
	"github.com/leakassert/leakassert/examples/limits"
	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// reader is Reader or Leaking.
type reader interface {
	Read(name string) ([]byte, error)
}

// file is a file system in which every name opens the one file.
type file string

func (f file) Open(string) (fs.File, error) { return os.Open(string(f)) }

// uploads returns a file system whose uploads all begin so, and are of that size.
func uploads(t *testing.T, begin string, size int) fs.FS {
	t.Helper()
	path := filepath.Join(t.TempDir(), "upload")
	require.NoError(t, os.WriteFile(path, []byte(begin+strings.Repeat("x", size)), 0o600))
	return file(path)
}

var names atomic.Int64

// newName returns a name that no upload had before.
func newName() string { return fmt.Sprintf("customers/uploads/%d", names.Add(1)) }

func TestReader(t *testing.T) {
	leaktest.Check(t)
	r := limits.New(uploads(t, "upload\n", 10), 100)
	for range 2 {
		text, err := r.Read("a")
		require.NoError(t, err)
		assert.Equal(t, "xxxxxxxxxx", string(text))
	}
	_, err := limits.New(os.DirFS(t.TempDir()), 100).Read("none")
	assert.ErrorIs(t, err, fs.ErrNotExist)
	_, err = limits.New(os.DirFS(t.TempDir()), 100).Read(".")
	assert.Error(t, err, "a folder can't be read")
}

// opened counts the files that are opened.
type opened struct {
	fs.FS
	n int
}

func (o *opened) Open(name string) (fs.File, error) { o.n++; return o.FS.Open(name) }

func TestReaderKeepsTheNewest(t *testing.T) {
	fsys := &opened{FS: uploads(t, "upload\n", 10)}
	r := limits.New(fsys, 39)
	read := func(names ...string) (files int) {
		before := fsys.n
		for _, name := range names {
			_, err := r.Read(name)
			require.NoError(t, err)
		}
		return fsys.n - before
	}
	assert.Equal(t, 3, read("a", "b", "c"))
	assert.Equal(t, 0, read("a", "b", "c"), "there is room for three")
	assert.Equal(t, 1, read("d"))
	assert.Equal(t, 0, read("b", "c", "d"))
	assert.Equal(t, 1, read("a"), "it had to go")
	r = limits.New(fsys, 9)
	assert.Equal(t, 2, read("a", "a"), "there is room for none")
}

func TestReaderDoesNotLeak(t *testing.T) {
	bad := limits.New(uploads(t, "no header", 16), 1<<20)
	fdassert.NoLeak(t, func() {
		for range 100 {
			_, err := bad.Read(newName())
			assert.ErrorIs(t, err, limits.ErrHeader)
		}
	})
	good := limits.New(uploads(t, "upload\n", 4<<10), 64<<10)
	memassert.NoGrowth(t, func() { _, _ = good.Read(newName()) })
}

// The leaking twin is caught each time, long before it meets a limit.
func TestLeakingReaderIsCaught(t *testing.T) {
	bad := limits.NewLeaking(uploads(t, "no header", 16))
	f := faketb.New("TestBadUploads")
	assert.False(t, fdassert.NoLeak(f, func() {
		for range 3 {
			_, err := bad.Read(newName())
			assert.ErrorIs(t, err, limits.ErrHeader)
		}
	}, fdassert.Settle(0)))
	runtime.KeepAlive(bad)
	readme.Report(t, "TestBadUploads", f.Errors())

	good := limits.NewLeaking(uploads(t, "upload\n", 4<<10))
	f = faketb.New("TestUploads")
	assert.False(t, memassert.NoGrowth(f, func() { _, _ = good.Read(newName()) }, memassert.Settle(0)))
	readme.Report(t, "TestUploads", f.Errors(), varies, readme.Growth)
}

// varies matches how many rounds it took, and the lines about the map of texts, which
// grows only now and then while allocations are recorded, above those of an object.
var varies = regexp.MustCompile(`(?m)iteration \(.*\)$|(?:heap .* map\[string\]\[\]uint8\n(?:    .*\n)+)?(heap .* (?:string|\[\]uint8)\n)`)
