package fdprobe

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/leakassert/leakassert/internal/procfd"
	"github.com/stretchr/testify/assert"
)

// What a descriptor is called in a list of known leaks is the same in every run and checkout.
func TestPlace(t *testing.T) {
	here, _ := os.Getwd()
	root := filepath.Dir(filepath.Dir(here))
	for _, c := range []struct {
		why  string
		of   procfd.FD
		want string
	}{
		{"a file of the module", procfd.FD{Kind: procfd.KindFile, Path: here + "/testdata/a.log", Flags: "O_RDWR"}, "file internal/fdprobe/testdata/a.log"},
		{"the module", procfd.FD{Kind: procfd.KindDirectory, Path: root}, "directory ."},
		{"a temporary file", procfd.FD{Kind: procfd.KindFile, Path: "/tmp/TestX482065119/001/access.log", Deleted: true}, "file access.log"},
		{"a name with a number", procfd.FD{Kind: procfd.KindFile, Path: "/tmp/shard-0017-482065119.db"}, "file shard-N-N.db"},
		{"a device", procfd.FD{Kind: procfd.KindDevice, Path: "/dev/null"}, "device /dev/null"},
		{"of a process", procfd.FD{Kind: procfd.KindFile, Path: "/proc/4711/status"}, "file /proc/N/status"},
		{"a pipe", procfd.FD{Kind: procfd.KindPipe, Path: "pipe:[4711]"}, "pipe"},
		{"a named pipe", procfd.FD{Kind: procfd.KindPipe, Path: "/tmp/x/commands"}, "pipe commands"},
		{"no path", procfd.FD{Kind: procfd.KindEventfd, Path: "anon_inode:[eventfd]"}, "eventfd"},
		{"memory", procfd.FD{Kind: procfd.KindMemfd, Path: "/memfd:frame"}, "memfd frame"},
		{"a connection", procfd.FD{Kind: procfd.KindTCP, Local: "127.0.0.1:54321", Remote: "127.0.0.1:5432", State: "ESTABLISHED"}, "tcp"},
		{"its end", procfd.FD{Kind: procfd.KindTCP, Local: "127.0.0.1:54321", Remote: "127.0.0.1:5432", State: "CLOSE_WAIT"}, "tcp"},
		{"a listener", procfd.FD{Kind: procfd.KindTCP, Local: "127.0.0.1:54321", State: "LISTEN"}, "tcp LISTEN"},
		{"a Unix socket", procfd.FD{Kind: procfd.KindUnix, Local: "/tmp/x1/agent.sock", State: "LISTEN"}, "unix agent.sock"},
		{"an abstract one", procfd.FD{Kind: procfd.KindUnix, Local: "@00017", State: "ESTABLISHED"}, "unix"},
		{"a socket of which nothing is known", procfd.FD{Kind: procfd.KindNetlink, Path: "socket:[4711]"}, "netlink"},
	} {
		assert.Equal(t, c.want, place(c.of), c.why)
	}
}
