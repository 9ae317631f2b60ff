//go:build !darwin && !dragonfly && !freebsd && !linux && !netbsd && !openbsd

package procfd

import (
	"errors"
	"fmt"
	"runtime"
)

const Limits = runtime.GOOS + ": descriptors cannot be seen"

type stat struct{}

func (t *Table) read(bool) error {
	return fmt.Errorf("procfd: descriptors cannot be listed on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

func (d *FD) describe() {
	d.Kind = KindUnknown
	d.missing("description", errors.New(Limits))
}
