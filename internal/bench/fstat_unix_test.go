//go:build unix

package bench

import (
	"syscall"
	"testing"

	"github.com/leakassert/leakassert/internal/procfd"
)

// benchFstat is the floor for descriptors: who each of those that are open is,
// by a plain [syscall.Fstat], before and after a body.
func benchFstat(b *testing.B) string {
	var t procfd.Table
	if err := t.Read(); err != nil {
		return err.Error()
	}
	return loop(func() string {
		var st syscall.Stat_t
		for range 2 {
			for _, e := range t.Entries {
				if err := syscall.Fstat(e.Num, &st); err != nil {
					return "a descriptor was closed meanwhile: " + err.Error()
				}
			}
		}
		return ""
	})(b)
}
