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
	scan := func() error {
		var st syscall.Stat_t
		for _, e := range t.Entries {
			if err := syscall.Fstat(e.Num, &st); err != nil {
				return err
			}
		}
		return nil
	}
	b.ReportAllocs()
	for b.Loop() {
		for range 2 {
			if err := scan(); err != nil {
				return "a descriptor was closed meanwhile: " + err.Error()
			}
		}
	}
	return ""
}
