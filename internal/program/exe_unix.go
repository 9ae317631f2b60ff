//go:build unix

package program

import (
	"bytes"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/leakassert/leakassert/internal/procfd"
	"golang.org/x/sys/unix"
)

// examine reads what the program's file is made of: whether it is Go's, by the mark in front of the
// build information, and whether package child is linked, by a function's name in the line table.
func (p *Program) examine() (isGo, answers bool) {
	path := p.cmd.Path
	if runtime.GOOS == "linux" {
		path = "/proc/" + strconv.Itoa(p.PID()) + "/exe"
	}
	var text []byte
	procfd.Unseen(func() {
		f, err := os.Open(path)
		if err != nil {
			return
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() && info.Size() > 0 {
			text, _ = unix.Mmap(int(f.Fd()), 0, int(info.Size()), unix.PROT_READ, unix.MAP_PRIVATE)
		}
	})
	if text == nil {
		return false, false
	}
	defer func() { _ = unix.Munmap(text) }()
	// This binary has the constants too, so they are put together here.
	isGo = bytes.Contains(text, []byte(strings.Join([]string{"\xff", "Go", "buildinf:"}, " ")))
	return isGo, isGo && bytes.Contains(text, []byte(strings.Join([]string{"leaktest", "child.serve"}, "/")))
}
