package fdprobe

import (
	"flag"
	"path/filepath"

	"github.com/leakassert/leakassert/internal/procfd"
)

// ofTesting reports whether a descriptor is of a file that the testing package
// keeps open while and after the tests of a package run: the log for go test's
// cache, and profiles.
func ofTesting(d procfd.FD) bool {
	for _, name := range []string{"testlogfile", "cpuprofile", "trace", "memprofile", "blockprofile", "mutexprofile", "coverprofile"} {
		f := flag.Lookup("test." + name)
		if f == nil || f.Value.String() == "" {
			continue
		}
		path := f.Value.String()
		if !filepath.IsAbs(path) {
			if dir := flag.Lookup("test.outputdir"); dir != nil && dir.Value.String() != "" && name != "testlogfile" {
				path = filepath.Join(dir.Value.String(), path)
			}
			if abs, err := filepath.Abs(path); err == nil {
				path = abs
			}
		}
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		if path == d.Path {
			return true
		}
	}
	return false
}
