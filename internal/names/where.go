package names

import (
	"path/filepath"
	"runtime/debug"
	"strings"
)

// ModuleRoot returns the folder of the tests' module, without a slash at the end, "" if there is
// no go.mod in or above the folder in which the process began.
func ModuleRoot() string { return strings.TrimSuffix(module().root, "/") }

// TestedPackage returns the import path of the package whose test binary this is, and the path of
// its module, "" for what is not known.
func TestedPackage() (pkg, path string) {
	path = module().path
	if info, ok := debug.ReadBuildInfo(); ok {
		if of, isTest := strings.CutSuffix(info.Path, ".test"); isTest {
			pkg = of
		}
		if info.Main.Path != "" {
			path = info.Main.Path
		}
	}
	if pkg == "" && path != "" {
		pkg = strings.TrimSuffix(path+strings.TrimPrefix(PackageDir(), "."), "/")
	}
	return pkg, path
}

// Below returns a file's name relative to a folder, with slashes. root is the folder to which a
// relative name refers. It returns false if the file is not in the folder.
func Below(folder, root, file string) (name string, ok bool) {
	if file == "" || folder == "" {
		return "", false
	}
	if !isAbs(file) {
		if root == "" {
			return "", false
		}
		file = filepath.Join(root, filepath.FromSlash(file))
	}
	if name, err := filepath.Rel(folder, file); err == nil && filepath.IsLocal(name) {
		return filepath.ToSlash(name), true
	}
	name, err := filepath.Rel(followed(folder), followed(file))
	if err != nil || !filepath.IsLocal(name) {
		return "", false
	}
	return filepath.ToSlash(name), true
}

// followed returns a path without symbolic links, if it exists.
func followed(path string) string {
	if to, err := filepath.EvalSymlinks(path); err == nil {
		return to
	}
	return path
}
