//go:build !unix

package program

import (
	"errors"
	"fmt"
	"runtime"
)

// processes is not written for systems other than Unix.
func processes() ([]process, error) {
	return nil, fmt.Errorf("the processes that a program leaves can't be seen on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

func below(int) ([]process, error) { return processes() }

func find(int) (q process, ok bool) { return }

func hasMark(int, string) bool { return false }

func (q process) command() string { return q.name }

func kill(process) {}
