package page

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/leakassert/leakassert/leaktest/finding"
)

// A snippet is the source around a line.
type snippet struct {
	Site    string
	OfTest  bool // the line is where the test is, as that of the leak is not known
	Lines   []sourceLine
	Missing string // why there are no lines
}

type sourceLine struct {
	Number int
	Text   string
	Marked bool
}

const (
	linesAround = 4
	mostSource  = 2 << 20 // bytes of a file that is read
)

// sources reads each snippet once.
type sources struct {
	root   string // the folder of the repository
	module string // the path of the module in it
	read   map[sourceKey]*snippet
}

func newSources(root string) *sources {
	return &sources{root, moduleOf(root), make(map[sourceKey]*snippet)}
}

type sourceKey struct {
	root, file string
	line       int
}

// around returns the source around a frame of the module, nil if the frame is not in it.
func (s *sources) around(f finding.Finding, at *finding.Frame) *snippet {
	if at == nil || !at.InModule || at.File == "" {
		return nil
	}
	key := sourceKey{f.Root, at.File, at.Line}
	if known, ok := s.read[key]; ok {
		return known
	}
	n := &snippet{Site: shown(at.Site())}
	n.Lines, n.Missing = s.lines(f, at)
	s.read[key] = n
	return n
}

// lines returns the lines around a frame, or why there are none.
func (s *sources) lines(f finding.Finding, at *finding.Frame) (lines []sourceLine, missing string) {
	name := filepath.FromSlash(at.File)
	switch {
	case at.Line <= 0:
		return nil, "The line is not known."
	case filepath.Ext(name) != ".go" || !filepath.IsLocal(name):
		return nil, "It is not the name of a Go file below the module's folder."
	}
	text, err := goFile(f.Root, name)
	if err != nil && f.Module != "" && f.Module == s.module {
		text, err = goFile(s.root, name) // the tests ran on another machine
	}
	if err != nil {
		return nil, "The source can't be read here."
	}
	scan := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	scan.Buffer(nil, mostSource+1)
	number := 0
	for number-linesAround < at.Line && scan.Scan() {
		if number++; number >= at.Line-linesAround {
			lines = append(lines, sourceLine{number, sourceText(scan.Text()), number == at.Line})
		}
	}
	if number < at.Line {
		return nil, fmt.Sprintf("The file has only %d lines now.", number)
	}
	return lines, ""
}

// sourceText returns a line of source as a page shows it, with its tabs.
func sourceText(line string) string {
	code := strings.TrimLeft(strings.TrimSuffix(line, "\r"), "\t")
	tabs := min(len(line)-len(strings.TrimLeft(line, "\t")), 40)
	return strings.Repeat("    ", tabs) + shown(strings.ReplaceAll(code, "\t", "    "))
}

// goFile reads a file below a folder. A link out of the folder, or what is no regular file, is an
// error: a pipe would never end.
func goFile(folder, name string) ([]byte, error) {
	if !filepath.IsAbs(folder) {
		return nil, fs.ErrNotExist
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	info, err := root.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > mostSource {
		return nil, fs.ErrInvalid
	}
	return root.ReadFile(name)
}

// moduleOf returns the path of the module in a folder, "" if there is none.
func moduleOf(folder string) string {
	text, err := os.ReadFile(filepath.Join(folder, "go.mod"))
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "module "); ok {
			return strings.Trim(strings.TrimSpace(path), `"`)
		}
	}
	return ""
}
