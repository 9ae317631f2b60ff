package program

import (
	"bytes"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/pattern"
)

// A tail passes on what a program writes, and keeps the end of it.
type tail struct {
	mu   sync.Mutex
	to   io.Writer // nil for nobody
	kept []byte
	most int
}

const (
	mostTail = 64 << 10
	mostDump = 16 << 20 // while the program prints its stacks
)

func (t *tail) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.to != nil {
		_, _ = t.to.Write(text) // an error of the user's writer must not end the program
	}
	t.kept = append(t.kept, text...)
	if over := len(t.kept) - t.most; over > t.most/2 || over > 0 && len(text) >= t.most { // not with each write
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return len(text), nil
}

// fresh drops what was written and keeps more from now on.
func (t *tail) fresh() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept, t.most = nil, mostDump
}

func (t *tail) text() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return bytes.Clone(t.kept)
}

// captureStderr keeps the end of what the program writes to its standard error. A writer that gets
// both outputs still gets both from one goroutine. A file that is not this process's standard error
// stays what it is: it may be the end of cmd.StderrPipe.
func (p *Program) captureStderr() {
	cmd := p.cmd
	if f, ok := cmd.Stderr.(*os.File); ok && f != os.Stderr && f != os.Stdout {
		return
	}
	both := same(cmd.Stdout, cmd.Stderr)
	p.stderr = &tail{to: cmd.Stderr, most: mostTail}
	cmd.Stderr = p.stderr
	if both {
		cmd.Stdout = p.stderr
	}
}

// same reports whether two writers are one. Writers that can't be compared are not.
func same(a, b io.Writer) bool {
	defer func() { _ = recover() }()
	return a != nil && a == b
}

// LastLines returns the end of what the program has written to its standard error, from its last
// panic on if there is one.
func (p *Program) LastLines() []string {
	const most = 20
	if p.stderr == nil {
		return nil
	}
	lines := strings.Split(strings.TrimRight(string(p.stderr.text()), "\n"), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if isFatal(lines[i]) {
			return lines[i:min(len(lines), i+most)]
		}
	}
	if len(lines) == 1 && lines[0] == "" {
		return nil
	}
	return lines[max(0, len(lines)-most):]
}

var fatal = pattern.New(`^(panic: |fatal error: |SIG[A-Z]+: )`)

// isFatal reports whether a line is the first one that Go's runtime prints before it ends a program.
func isFatal(line string) bool {
	return fatal().MatchString(line)
}
