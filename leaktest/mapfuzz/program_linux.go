package mapfuzz

import (
	"os"
	"strings"
	"sync"
	"syscall"
)

// A program is the test, built so that it can explore.
type program struct {
	sites    string
	packages []string // that are rewritten
	content  []byte   // of its file, which is removed at once: nothing else removes it when this process ends
}

// programs are those that this process has built, by the packages of the map. To build one takes longer than to play a schedule.
var programs struct {
	sync.Mutex
	of map[string]*program
}

// program returns the program for the packages of a map. It builds it the first time.
func (b build) program(paths []string) (*program, error) {
	programs.Lock()
	defer programs.Unlock()
	key := strings.Join(paths, " ")
	if p := programs.of[key]; p != nil {
		return p, nil
	}
	p, err := b.build(paths)
	if err != nil {
		return nil, err
	}
	if programs.of == nil {
		programs.of = make(map[string]*program)
	}
	programs.of[key] = p
	return p, nil
}

// write writes the file of the program. A process that starts meanwhile would inherit the open file, and the kernel runs no
// file that is open for writing (ETXTBSY, go.dev/issue/22315).
func (p *program) write(file string) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(file, p.content, 0o700)
}
