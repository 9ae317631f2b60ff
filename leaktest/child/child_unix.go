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
	childpipe.Asked = true
	readyPoller()
	if _, err := out.WriteString(childpipe.Greeting(os.Getpid())); err == nil {
		go serve(in, out)
	}
}

// pipes returns the inherited pipes, nil if the descriptors stand for something else, as when a program
// in between has closed them.
func pipes(value string) (in, out *os.File) {
	from, to, trace, ok := childpipe.Pipes(value)
	childpipe.Traced = trace
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
	for {
		ask, ok := read(in)
		var text []byte
		switch {
		case !ok:
			return
		case ask == childpipe.Ask:
			text = stacks()
		case ask == childpipe.AskWhy:
			var question []byte
			for ask, ok = read(in); ok && ask != '\n'; ask, ok = read(in) {
				question = append(question, ask)
			}
			if explain := childpipe.Explain.Load(); explain != nil && ok {
				text = (*explain)(question)
			}
		default:
			continue
		}
		if _, err := out.WriteString(childpipe.Header(len(text))); err != nil {
			return
		}
		if _, err := out.Write(text); err != nil {
			return
		}
	}
}

// read reads a byte. ok is false once the test has ended.
func read(in *os.File) (b byte, ok bool) {
	var one [1]byte
	n, err := in.Read(one[:])
	return one[0], n == 1 && err == nil
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
