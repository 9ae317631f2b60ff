//go:build !linux

package symbols

import (
	"errors"
	"runtime"
)

// Self returns an error: binaries are only read on Linux.
func Self(string) (*Binary, error) {
	return nil, errors.New("no names: they can't be read on " + runtime.GOOS)
}

// Own returns false: no symbols are read here.
func Own() bool { return false }
