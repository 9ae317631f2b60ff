//go:build !linux

package procfd

import (
	"errors"
	"fmt"
	"runtime"
)

// A Process is another process, by its process id. Only Linux shows its descriptors.
type Process int

func (Process) Read(*Table) error {
	return fmt.Errorf("the descriptors of another process can't be seen on %s: %w", runtime.GOOS, errors.ErrUnsupported)
}

func (Process) Describe([]Entry) []FD { return nil }

func (Process) PipeSize(int) int { return 0 }

// ChildNow does nothing: only Linux has pidfds.
func (d *FD) ChildNow() {}
