package fdprobe

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/pattern"
	"github.com/leakassert/leakassert/internal/procfd"
)

// place names a descriptor by its kind and path, the same on every machine and in every run. Of a
// path in the module it keeps all that is relative to the module, of a system's file all, of any
// other, such as one in a temporary folder, only the last element. Numbers in a path become "N". Of a
// socket without a path it says only whether it listens: addresses and states vary.
func place(d procfd.FD) string {
	file := d.Path
	if isSocket(d) {
		file = d.Local
		if d.Kind != procfd.KindUnix || strings.HasPrefix(file, "@") || file == "" {
			return origin(d)
		}
	}
	if strings.HasPrefix(file, "pipe:") || strings.HasPrefix(file, "anon_inode:") || slices.Contains(procfd.Sockets, d.Kind) && !isSocket(d) {
		file = ""
	}
	file = strings.TrimPrefix(filepath.ToSlash(file), "/memfd:")
	switch relative := names.Path(file); {
	case file != "" && names.Path(file+"/") == "":
		file = "." // the module's root
	case relative != file:
		file = relative
	case file != "" && !slices.ContainsFunc(systemFolders, func(dir string) bool { return strings.HasPrefix(file, dir) }):
		file = path.Base(file)
	}
	return strings.TrimSpace(string(d.Kind) + " " + number().ReplaceAllString(file, "N"))
}

var (
	systemFolders = []string{"/dev/", "/proc/", "/sys/", "/etc/"}
	number        = pattern.New(`\d+`)
)
