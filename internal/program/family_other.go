//go:build !linux

package program

import (
	"errors"
	"fmt"
	"runtime"
)

// processes is not written for other systems than Linux.
func processes() ([]process, error) {
	return nil, fmt.Errorf("the processes that a program leaves can't be seen on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

func below(int) ([]process, error) { return processes() }

func birth(int) uint64 { return 0 }

func hasMark(int, string) bool { return false }

func (q process) command() string { return q.name }

func kill(process) {}
