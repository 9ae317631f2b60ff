//go:build amd64 || arm64

package fdassert_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What was opened is told from what was opened and closed, by the number that the
// object holds. Two objects that hold one number are candidates.
func TestTraceNamesNobodyElse(t *testing.T) {
	t.Setenv("LEAKTEST", "trace")
	dir := t.TempDir()
	raw := func(path string) {
		fd, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
		require.NoError(t, err)
		t.Cleanup(func() { syscall.Close(fd) })
	}
	for _, c := range []struct {
		why  string
		body func()
		want string
	}{
		{"by a system call, beside a file that is closed and still referred to", func() {
			f := create(t, filepath.Join(dir, "innocent"))
			f.Close()
			kept = append(kept, f)
			raw(os.DevNull)
		}, `opener      not known: opened by a raw system call`},
		{"under the number of a file that was closed behind its back", func() {
			f := create(t, filepath.Join(dir, "innocent"))
			kept = append(kept, f)
			syscall.Close(int(f.Fd()))
			raw(os.DevNull)
		}, `candidate   fdassert_test\.create  .*`},
		{"under the number of a socket that was closed behind its back", func() {
			l := listenHere(t).(*net.TCPListener)
			kept = append(kept, l)
			conn, err := l.SyscallConn()
			require.NoError(t, err)
			require.NoError(t, conn.Control(func(number uintptr) {
				syscall.Close(int(number))
				fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
				require.NoError(t, err)
				require.Equal(t, int(number), fd)
				t.Cleanup(func() { syscall.Close(fd) })
			}))
		}, `candidate   fdassert_test\.listenHere  .*`},
		{"a file that was made of a number", func() {
			var ends [2]int
			require.NoError(t, syscall.Pipe(ends[:]))
			syscall.Close(ends[1])
			f := os.NewFile(uintptr(ends[0]), "end")
			t.Cleanup(func() { f.Close() })
			kept = append(kept, f)
		}, `opened      fdassert_test\.TestTraceNamesNobodyElse\.func\d+  .*`},
		{"a folder", func() {
			root, err := os.OpenRoot(dir)
			require.NoError(t, err)
			t.Cleanup(func() { root.Close() })
			kept = append(kept, root)
		}, `opened      fdassert_test\.TestTraceNamesNobodyElse\.func\d+  .*`},
		{"through a link", func() {
			link := filepath.Join(dir, "link")
			require.NoError(t, os.Symlink(os.DevNull, link))
			f, err := os.Open(link)
			require.NoError(t, err)
			t.Cleanup(func() { f.Close() })
			kept = append(kept, f)
		}, `opened      fdassert_test\.TestTraceNamesNobodyElse\.func\d+  .*`},
		{"forgotten, and closed by the collector", func() {
			_, err := os.Create(filepath.Join(dir, "forgotten"))
			require.NoError(t, err)
		}, `opened      fdassert_test\.TestTraceNamesNobodyElse\.func\d+  .*`},
	} {
		f := faketb.New("T")
		assert.False(t, fdassert.NoLeak(f, c.body, soon), c.why)
		assert.Regexp(t, `(?m)^    `+c.want+`$`, f.Errors(), c.why)
		assert.Equal(t, 1, strings.Count(f.Errors(), "opened  ")+strings.Count(f.Errors(), "opener  ")+strings.Count(f.Errors(), "candidate  "), c.why)
	}
}

// kept is never collected: some hold the number of another's descriptor.
var kept []any
