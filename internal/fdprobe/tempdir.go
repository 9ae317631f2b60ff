package fdprobe

import (
	"path/filepath"
	"strings"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/pattern"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procfd"
)

// tempDir is the folder that T.TempDir makes: the test's name, a random number and a sequence number.
var tempDir = pattern.New(`/([^/]*\d)/\d{3}(/|$)`)

// inTempDir reports whether a leak is a file in a folder that T.TempDir has made for the test of a check
// or for a subtest. No goroutine of TestMain renews such a file.
func inTempDir(l probe.Leak, s probe.Scope) bool {
	test, _, _ := strings.Cut(s.Test, "/")
	d, ok := l.Resource.(procfd.FD)
	if test == "" || !ok || isSocket(d) {
		return false
	}
	folder := tempDir().FindStringSubmatch(filepath.ToSlash(d.Path))
	return folder != nil && names.TestOfFolder(folder[1]) == test
}
