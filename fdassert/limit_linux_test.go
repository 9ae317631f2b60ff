package fdassert_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/leakassert/leakassert/fdassert"
	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A process at its limit gets its report: making it needs no descriptor.
func TestAtTheLimit(t *testing.T) {
	if dir := os.Getenv("FDASSERT_LIMIT"); dir != "" {
		atTheLimit(dir)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestAtTheLimit$")
	cmd.Env = append(os.Environ(), "FDASSERT_LIMIT="+t.TempDir())
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, string(output))
	assert.Regexp(t, `T leaked: \d\d descriptors`, string(output))
	assert.Regexp(t, `fd         \+\d+  \d+, \d+, \d+, \d+, … \S+/x  O_RDONLY`, string(output))
	assert.Regexp(t, `tcp  127\.0\.0\.1:\d+  LISTEN`, string(output))
	assert.Regexp(t, `epoll  O_RDWR\n    not read    fdinfo: too many open files`, string(output))
}

func atTheLimit(dir string) {
	path := filepath.Join(dir, "x")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		panic(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 64, Max: 64}); err != nil {
		panic(err)
	}
	var held []*os.File
	var listener net.Listener
	t := faketb.New("T")
	fdassert.NoLeak(t, func() {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			panic(err)
		}
		listener = l
		if _, err := syscall.EpollCreate1(0); err != nil {
			panic(err)
		}
		for {
			f, err := os.Open(path)
			if err != nil {
				break
			}
			held = append(held, f)
		}
	}, fdassert.Settle(0))
	fmt.Println(t.Errors())
	runtime.KeepAlive(held)
	runtime.KeepAlive(listener)
	os.Exit(0)
}
