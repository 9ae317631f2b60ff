//go:build !linux

package fdprobe

import "github.com/leakassert/leakassert/internal/procfd"

// Only Linux has splice.
func isSplicePipe(procfd.Entry, procfd.FD, *procfd.Table) bool { return false }
