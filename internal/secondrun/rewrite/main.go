// Command rewrite prepares a build of a test that records who stores into a container. It runs in
// the folder of the package. It reads what to look for from the file targets.csv of another folder,
// and writes rewritten copies of source files of the module and overlay.json for the go command there:
//
//	rewrite FOLDER [build flags]
//
// It needs nothing but the standard library, so that it can be built from its files alone, wherever
// the module under test gets its dependencies from.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

func main() {
	if err := run(os.Args[1], os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run rewrites the packages that the test in the current folder is built from.
func run(folder string, flags []string) error {
	targets, err := os.Open(filepath.Join(folder, "targets.csv"))
	if err != nil {
		return err
	}
	defer targets.Close()
	w, err := readWanted(targets)
	if err != nil {
		return fmt.Errorf("targets.csv: %w", err)
	}
	packages, err := list(flags)
	if err != nil {
		return err
	}
	exports := make(map[string]string)
	for _, p := range packages {
		exports[p.ImportPath] = p.Export
	}
	overlay := make(map[string]string)
	stores := 0
	for _, p := range packages {
		if p.Module == nil || !p.Module.Main || w.leavesOut(p.path()) {
			continue
		}
		n, err := p.rewrite(&w, exports, folder, overlay)
		if err != nil {
			return err
		}
		stores += n
	}
	if stores == 0 {
		return errors.New("the source of the module under test has no store of that sort that can be recorded")
	}
	text, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "overlay.json"), text, 0o600)
}

// A listed package is one that go list prints.
type listed struct {
	ImportPath, Dir, Export, ForTest string
	GoFiles                          []string
	ImportMap                        map[string]string
	Module                           *struct{ Main bool }
}

// path returns the import path without the test that the package was compiled for.
func (p *listed) path() string {
	path, _, _ := strings.Cut(p.ImportPath, " ")
	return path
}

// list returns the packages that the test is built from. Those that are compiled for the test come
// first: they have the files of tests too.
func list(flags []string) (packages []*listed, err error) {
	args := append([]string{"list", "-deps", "-test", "-export", "-json=ImportPath,Dir,Export,ForTest,GoFiles,ImportMap,Module"}, flags...)
	c := exec.Command("go", append(args, ".")...)
	var failed bytes.Buffer
	c.Stderr = &failed
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("the source can't be read: %w: %s", err, firstLine(failed.Bytes()))
	}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		p := new(listed)
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		packages = append(packages, p)
	}
	slices.SortStableFunc(packages, func(a, b *listed) int {
		return len(min(b.ForTest, "t")) - len(min(a.ForTest, "t"))
	})
	return packages, nil
}

// firstLine returns the first line that the go command has printed and that is not the name of a
// package.
func firstLine(output []byte) []byte {
	for line := range bytes.Lines(output) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return line
		}
	}
	return nil
}

// rewrite writes copies of the package's files that have stores of the wanted sort, and returns how
// many stores it has found.
func (p *listed) rewrite(w *wanted, exports map[string]string, folder string, overlay map[string]string) (stores int, err error) {
	fset := token.NewFileSet()
	var files []*ast.File
	var sources [][]byte
	for _, name := range p.GoFiles {
		name = filepath.Join(p.Dir, filepath.Base(name))
		text, err := os.ReadFile(name)
		if err != nil { // the main function of a test is made by the go command
			continue
		}
		f, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			return 0, err
		}
		files, sources = append(files, f), append(sources, text)
	}
	info := &types.Info{Types: make(map[ast.Expr]types.TypeAndValue), Uses: make(map[*ast.Ident]types.Object), Selections: make(map[*ast.SelectorExpr]*types.Selection)}
	open := func(path string) (io.ReadCloser, error) {
		if mapped, ok := p.ImportMap[path]; ok {
			path = mapped
		}
		if exports[path] == "" {
			return nil, fmt.Errorf("%s has no export data", path)
		}
		return os.Open(exports[path])
	}
	config := types.Config{
		Importer: importer.ForCompiler(fset, "gc", open), FakeImportC: true, Sizes: types.SizesFor("gc", runtime.GOARCH),
		Error: func(error) {}, // a store whose type is not known is left alone
	}
	_, _ = config.Check(p.path(), fset, files, info)
	for i, f := range files {
		name := fset.File(f.FileStart).Name()
		if _, done := overlay[name]; done {
			continue
		}
		e := &edits{wanted: w, info: info, sizes: config.Sizes, fset: fset, file: f, suffix: fmt.Sprint(i)}
		ast.Inspect(f, e.visit)
		if len(e.at) == 0 {
			continue
		}
		copied := filepath.Join(folder, fmt.Sprintf("%d.go", len(overlay)))
		if err := os.WriteFile(copied, e.apply(sources[i]), 0o600); err != nil {
			return stores, err
		}
		overlay[name] = copied
		stores += e.stores
	}
	return stores, nil
}
