package wrap

import (
	"path/filepath"
	"strings"

	"github.com/leakassert/leakassert/internal/instrument"
)

// compilation is a call of the compiler for a package that is to be rewritten.
type compilation struct {
	command []string // without the mark
	files   int      // where its Go files begin
}

// parse returns a compilation if the package is marked.
func parse(command []string) (*compilation, bool) {
	if tool := strings.TrimSuffix(filepath.Base(command[0]), ".exe"); tool != "compile" {
		return nil, false
	}
	c, marked := &compilation{}, false
	for _, arg := range command {
		if strings.HasPrefix(arg, instrument.Mark) {
			marked = true
			continue
		}
		c.command = append(c.command, arg)
	}
	c.files = len(c.command)
	for c.files > 1 && strings.HasSuffix(c.command[c.files-1], ".go") {
		c.files--
	}
	return c, marked
}

// value returns the value of one of the compiler's flags.
func (c *compilation) value(name string) string {
	for i, arg := range c.command[:c.files] {
		if arg == name && i+1 < c.files {
			return c.command[i+1]
		}
		if value, ok := strings.CutPrefix(arg, name+"="); ok {
			return value
		}
	}
	return ""
}

// generated reports whether the package is the main package that go test writes.
func (c *compilation) generated() bool {
	files := c.command[c.files:]
	return len(files) > 0 && filepath.Base(files[0]) == "_testmain.go" || c.value("-p") == "main" && len(files) == 0
}
