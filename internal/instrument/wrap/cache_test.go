package wrap_test

import (
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/instrument"
)

// TestCache checks what the build cache has for each package: with the tool, only the rewritten package and those that import it are others; the second time
// nothing is compiled; without the tool everything is as before.
func TestCache(t *testing.T) {
	dir := module(t)
	write(t, dir+"/user/user.go", "package user\n\nimport \""+driver+"\"\n\nvar Table = driver.New()\n")
	tool := counting(t)
	list := func(flags ...string) map[string]string {
		t.Helper()
		args := append([]string{"list", "-mod=mod", "-export", "-deps", "-f", "{{.ImportPath}} {{.Export}}"}, flags...)
		out, err := run(t, dir, tool, "counting", append(args, "./user")...)
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		exports := map[string]string{}
		for line := range strings.Lines(out) {
			path, export, _ := strings.Cut(strings.TrimSpace(line), " ")
			exports[path] = export
		}
		return exports
	}
	before := list()
	with := list(tool.Flags(driver)...)
	again := list(tool.Flags(driver)...)
	after := list()
	if len(before) < 20 {
		t.Fatal(before)
	}
	for path, export := range before {
		if after[path] != export {
			t.Errorf("%s was %s and is %s afterwards", path, export, after[path])
		}
		if again[path] != with[path] {
			t.Errorf("%s with the tool: %s, the second time %s", path, with[path], again[path])
		}
		if others := path == driver || path == driver+"/user"; others != (with[path] != export) {
			t.Errorf("%s: %s without the tool and %s with it", path, export, with[path])
		}
	}
	// The same sources compile to the same output, though another folder of sites makes it another entry of the cache.
	content := func(tool *instrument.Tool) string {
		t.Helper()
		out, err := run(t, dir, tool, "counting", append(append([]string{"list", "-mod=mod", "-export", "-f", "{{.BuildID}}"}, tool.Flags(driver)...), ".")...)
		action, content, ok := strings.Cut(strings.TrimSpace(out), "/")
		if err != nil || !ok || action == content {
			t.Fatalf("%v\n%s", err, out)
		}
		return content
	}
	if one, other := content(tool), content(counting(t)); one != other {
		t.Errorf("compiled twice: %s and %s", one, other)
	}
	out, err := run(t, dir, tool, "counting", append(append([]string{"build", "-mod=mod", "-x"}, tool.Flags(driver)...), "./user")...)
	if err != nil || strings.Contains(out, "/compile") {
		t.Errorf("compiled again: %v\n%s", err, out)
	}
}
