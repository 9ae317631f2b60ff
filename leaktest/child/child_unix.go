//go:build unix

package child

import (
	"os"
	"runtime"
	"syscall"

	"github.com/leakassert/leakassert/internal/childpipe"
)

func init() {
	value, asked := os.LookupEnv(childpipe.Env)
	if !asked {
		return
	}
	_ = os.Unsetenv(childpipe.Env) // what this program starts is not asked
	in, out := pipes(value)
	if in == nil || out == nil {
		return
	}
	readyPoller()
	if _, err := out.WriteString(childpipe.Greeting(os.Getpid())); err == nil {
		go serve(in, out)
	}
}

// pipes returns the inherited pipes, nil if the descriptors stand for something else, as when a program
// in between has closed them.
func pipes(value string) (in, out *os.File) {
	from, to, ok := childpipe.Pipes(value)
	if !ok || !there(from) || !there(to) {
		return nil, nil
	}
	syscall.CloseOnExec(from.FD)
	syscall.CloseOnExec(to.FD)
	return os.NewFile(uintptr(from.FD), "leaktest in"), os.NewFile(uintptr(to.FD), "leaktest out")
}

func there(p childpipe.Pipe) bool {
	var st syscall.Stat_t
	return syscall.Fstat(p.FD, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFIFO && uint64(st.Ino) == p.Inode
}

// readyPoller makes the runtime open the descriptors of its poller before the first snapshot. They
// stay open.
func readyPoller() {
	if r, w, err := os.Pipe(); err == nil {
		_, _ = r.Close(), w.Close()
	}
}

// serve answers until the test has ended.
func serve(in, out *os.File) {
	defer in.Close()
	defer out.Close()
	var ask [1]byte
	for {
		if n, err := in.Read(ask[:]); n == 0 || err != nil {
			return
		}
		if ask[0] != childpipe.Ask {
			continue
		}
		text := stacks()
		if _, err := out.WriteString(childpipe.Header(len(text))); err != nil {
			return
		}
		if _, err := out.Write(text); err != nil {
			return
		}
	}
}

// stacks returns the stacks of all goroutines, the caller's first.
func stacks() []byte {
	for size := 64 << 10; ; size *= 2 {
		buffer := make([]byte, size)
		if n := runtime.Stack(buffer, true); n < size || size >= childpipe.MaxStacks {
			return buffer[:n]
		}
	}
}
