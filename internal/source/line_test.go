package source_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/source"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// here returns the call of the caller's caller, as a stack shows it.
func here() probe.CallSite {
	var pc [8]uintptr
	frames := memprofile.Frames(pc[:runtime.Callers(2, pc[:])])
	return probe.CallOn(frames, frames[1])
}

func open() probe.CallSite            { return here() }
func openAny[T any](T) probe.CallSite { return here() }

type opener struct{}

func (opener) Open(...any) probe.CallSite { return here() }
func (o opener) self(...any) opener       { return o }

func TestAt(t *testing.T) {
	if _, file, _, _ := runtime.Caller(0); !filepath.IsAbs(file) {
		assert.Empty(t, shown(open()), "built with -trimpath")
		return
	}
	var o opener
	add := func(want string, f func() probe.CallSite) {
		assert.Equal(t, strings.TrimSpace(strings.ReplaceAll(want, "\n\t\t", "\n")), shown(f()))
	}
	add(`
		x := open()
		     ^`, func() probe.CallSite {
		x := open()
		return x
	})
	add(`
		x := openAny[int](1)
		     ^`, func() probe.CallSite {
		x := openAny[int](1)
		return x
	})
	add(`
		x := openAny(strings.ToUpper("größe"))
		     ^`, func() probe.CallSite {
		x := openAny(strings.ToUpper("größe"))
		return x
	})
	add(`
		x := o.Open(
		       ^`, func() probe.CallSite {
		x := o.Open(
			1,
		)
		return x
	})
	add(`
		Open(2)
		^`, func() probe.CallSite {
		x := o.
			self(1).
			Open(2)
		return x
	})
	add(`
		x := o.Open(o.Open(o.self()))
		       ^`, func() probe.CallSite { // the outermost
		x := o.Open(o.Open(o.self()))
		return x
	})
	add(`
		x := func() probe.CallSite { return here() }()
		     ^`, func() probe.CallSite {
		x := func() probe.CallSite { return here() }()
		return x
	})
	add(`x := byVariable()`, func() probe.CallSite { // which has another name
		byVariable := open
		x := byVariable()
		return x
	})
}

// shown returns a line with its caret.
func shown(c probe.CallSite) string {
	text, at := new(source.Lines).At(c)
	if at >= 0 {
		text += "\n" + strings.Repeat(" ", at) + "^"
	}
	return text
}

// own is a file of this module that is as old as the test.
func own(t *testing.T, name, text string) string {
	dir, err := os.MkdirTemp(".", "testdata-") // a file outside of the module is not read
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	file, err := filepath.Abs(filepath.Join(dir, name))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	age(t, file, -time.Hour)
	return file
}

func age(t *testing.T, file string, by time.Duration) {
	at := time.Now().Add(by)
	require.NoError(t, os.Chtimes(file, at, at))
}

func TestAtOfFiles(t *testing.T) {
	const text = "package p\n\nfunc f() {\n\tx := 1; g(x)\n}\n"
	at := func(file string, line int) string {
		return shown(probe.CallSite{Frame: probe.Frame{Func: "p.f", File: file, Line: line}, Callee: "p.g"})
	}
	const want = "x := 1; g(x)\n        ^"
	assert.Equal(t, want, at(own(t, "a.go", text), 4))
	assert.Equal(t, want, at(own(t, "bom.go", "\ufeff"+text), 4), "a byte order mark")
	assert.Equal(t, want, at(own(t, "crlf.go", strings.ReplaceAll(text, "\n", "\r\n")), 4), "lines of Windows")
	assert.Equal(t, "x := 1; g(x)", at(own(t, "broken.go", text+"}"), 4), "what can't be parsed has no caret")
	assert.Equal(t, want, at(own(t, "directive.go", "package p\n\nfunc f() {\n\tx := 1; g(x)\n//line b.go:4\n\ty := 1; g(y)\n}\n"), 4), "a line that another file is said to have")

	assert.Empty(t, at(own(t, "a.go", text), 7), "beyond the end")
	assert.Empty(t, at(own(t, "a.go", text), 0))
	assert.Empty(t, at(own(t, "a.go", text), -1))
	assert.Empty(t, at(own(t, "empty.go", ""), 4))
	assert.Empty(t, at(own(t, "a.txt", text), 4), "no Go")
	assert.Empty(t, at(own(t, "large.go", text+strings.Repeat("// tea\n", 1<<18)), 4), "too large")
	assert.Empty(t, at(filepath.Join(filepath.Dir(own(t, "a.go", text)), "b.go"), 4), "no such file")
	folder := filepath.Join(filepath.Dir(own(t, "a.go", text)), "folder.go")
	require.NoError(t, os.Mkdir(folder, 0o700))
	age(t, folder, -time.Hour)
	assert.Empty(t, at(folder, 4), "a folder")
	changed := own(t, "a.go", text)
	age(t, changed, time.Hour)
	assert.Empty(t, at(changed, 4), "changed since the test was built")
	outside := filepath.Join(t.TempDir(), "a.go")
	require.NoError(t, os.WriteFile(outside, []byte(text), 0o600))
	age(t, outside, -time.Hour)
	assert.Empty(t, at(outside, 4), "outside of the module under test")
}

func TestManyFiles(t *testing.T) {
	var lines source.Lines
	read := 0
	for i := range 60 {
		file := own(t, fmt.Sprintf("f%d.go", i), "package p\n")
		if text, _ := lines.At(probe.CallSite{Frame: probe.Frame{File: file, Line: 1}}); text != "" {
			read++
		}
	}
	assert.Equal(t, 50, read)
}

// A file that has changed since the test was built has other lines.
func TestLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "shop.go")
	require.NoError(t, os.WriteFile(file, []byte("package shop\n\nfunc sell() {}\n"), 0o600))
	require.NoError(t, os.Chtimes(file, time.Time{}, time.Now().Add(time.Hour)))
	assert.Empty(t, source.Line(file, 3))
	require.NoError(t, os.Chtimes(file, time.Time{}, time.Unix(0, 0)))
	assert.Equal(t, "func sell() {}", source.Line(file, 3))
	assert.Empty(t, source.Line(file, 0))
	assert.Empty(t, source.Line(file, 5))
	assert.Empty(t, source.Line(file+".missing", 1))
}
