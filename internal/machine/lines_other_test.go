//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package machine_test

import (
	"path/filepath"
	"testing"
)

// unwritable returns names of files that can't be written, and the reasons.
func unwritable(_ *testing.T, dir string) map[string]string {
	return map[string]string{dir: ".*", filepath.Join(dir, "none", "x"): ".*"}
}
