package rewrite_test

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leakassert/leakassert/internal/instrument/passthrough"
	"github.com/leakassert/leakassert/internal/instrument/rewrite"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGoldens rewrites each file of testdata as a package of its own. The golden file has the rewritten text, the sites and what was left; the rewritten package
// passes the type checker in the version that the result asks for.
func TestGoldens(t *testing.T) {
	files, err := filepath.Glob("testdata/*.src")
	if err != nil || len(files) == 0 {
		t.Fatal(err, files)
	}
	from := importer.ForCompiler(token.NewFileSet(), "source", nil)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".src"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			version := ""
			if first, _, _ := strings.Cut(string(text), "\n"); strings.HasPrefix(first, "// go1.") {
				version = strings.TrimPrefix(first, "// ")
			}
			p := rewrite.Package{Path: "example.com/p", GoVersion: version, Importer: from, Files: []rewrite.Source{{Name: "/src/" + strings.TrimSuffix(filepath.Base(file), ".src") + ".go", Text: text}}}
			result, err := rewrite.Rewrite(p, passthrough.Shim{})
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			got.Write(result.Files[0].Text)
			fmt.Fprintf(&got, "-- version %q\n", result.GoVersion)
			for i, s := range result.Sites {
				fmt.Fprintf(&got, "-- %s:%d %s %s\n", s.File, s.Line, s.Function, s.Operation)
				if s.Number == 0 || i > 0 && s.Number == result.Sites[i-1].Number {
					t.Errorf("site %d of %+v", s.Number, s)
				}
			}
			for _, l := range result.Left {
				fmt.Fprintf(&got, "-- left %s:%d %s: %s\n", l.File, l.Line, l.What, l.Reason)
			}
			golden := strings.TrimSuffix(file, ".src") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(got.String()), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("rewritten text (-want +got):\n%s", diff)
			}
			sameLines(t, p, result)
			if err := check(result, p.Path, from); err != nil {
				t.Errorf("the rewritten package: %v", err)
			}
		})
	}
}

// check passes a rewritten package to the type checker.
func check(result *rewrite.Result, path string, from types.Importer) error {
	fset := token.NewFileSet()
	var files []*ast.File
	sources := result.Files
	if result.Shim != nil {
		sources = append(sources[:len(sources):len(sources)], rewrite.Source{Name: "leakassert_shim.go", Text: result.Shim})
	}
	for _, source := range sources {
		file, err := parser.ParseFile(fset, source.Name, source.Text, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, file)
	}
	config := types.Config{Importer: from, GoVersion: result.GoVersion}
	_, err := config.Check(path, fset, files, nil)
	return err
}

// sameLines checks that declarations and statements have the lines that they had.
func sameLines(t *testing.T, p rewrite.Package, result *rewrite.Result) {
	t.Helper()
	for i, source := range p.Files {
		if !result.Changed[i] {
			if !bytes.Equal(source.Text, result.Files[i].Text) {
				t.Errorf("%s differs but has no site", source.Name)
			}
			continue
		}
		before, after := marks(t, source), marks(t, result.Files[i])
		for name, line := range before {
			if after[name] != line {
				t.Errorf("%s: %s was in %s and is in %s", source.Name, name, line, after[name])
			}
		}
	}
}

// marks returns where literals and declared functions are. Literals are numbered in the order of their values and lines.
func marks(t *testing.T, source rewrite.Source) map[string]string {
	t.Helper()
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, source.Name, source.Text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatalf("%v\n%s", err, source.Text)
	}
	lines := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.FuncDecl:
			at := fset.Position(x.Pos())
			lines["func "+x.Name.Name+fmt.Sprint(at.Line)] = fmt.Sprintf("%s:%d", at.Filename, at.Line)
			return true
		case *ast.BasicLit:
			if x.Kind == token.STRING {
				at := fset.Position(x.Pos())
				lines[x.Value] = fmt.Sprintf("%s:%d", at.Filename, at.Line)
			}
		}
		return true
	})
	return lines
}
