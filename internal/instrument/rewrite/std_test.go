package rewrite_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/instrument/rewrite"
	"github.com/leakassert/leakassert/internal/instrument/wrap"
	"github.com/leakassert/leakassert/internal/long"
)

// listed is a package as go list describes it.
type listed struct {
	ImportPath, Dir, Export string
	GoFiles, CgoFiles       []string
	Imports                 []string
	ImportMap               map[string]string
}

// TestStandardLibrary rewrites packages of the standard library, with their test files left out: each passes the type checker afterwards, its literals
// and functions in the lines where they were. It rewrites one in four, or all with LEAKASSERT_FULL=1.
func TestStandardLibrary(t *testing.T) {
	long.Builds(t)
	out, err := exec.Command("go", "list", "-export", "-json=ImportPath,Dir,Export,GoFiles,CgoFiles,Imports,ImportMap", "std").Output()
	if err != nil {
		t.Fatal(err)
	}
	exports := map[string]string{}
	var packages []listed
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		exports[p.ImportPath] = p.Export
		packages = append(packages, p)
	}
	from := importer.ForCompiler(token.NewFileSet(), "gc", func(path string) (io.ReadCloser, error) { return os.Open(exports[path]) })
	step := 4
	if long.IsFull() {
		step = 1
	}
	checked, sites := 0, 0
	for i, p := range packages {
		if i%step != 0 {
			continue
		}
		if len(p.CgoFiles) > 0 || len(p.GoFiles) == 0 || p.ImportPath == "unsafe" {
			continue
		}
		mapped := mapping{from, p.ImportMap}
		given := rewrite.Package{Path: p.ImportPath, Importer: mapped, CanImport: func(path string) bool { return strings.Contains(" "+strings.Join(p.Imports, " ")+" ", " "+path+" ") }}
		for _, name := range p.GoFiles {
			name = filepath.Join(p.Dir, name)
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			given.Files = append(given.Files, rewrite.Source{Name: name, Text: text})
		}
		result, err := rewrite.Rewrite(given, wrap.Helpers{})
		if err != nil {
			t.Errorf("%s: %v", p.ImportPath, err)
			continue
		}
		checked++
		sites += len(result.Sites)
		if len(result.Sites) == 0 {
			continue // as it was
		}
		sameLines(t, given, result)
		if err := check(result, p.ImportPath, mapped); err != nil {
			t.Errorf("%s, rewritten: %v", p.ImportPath, err)
		}
	}
	t.Logf("%d packages, %d sites", checked, sites)
	if checked < 200/step || sites < 1000/step {
		t.Errorf("only %d packages with %d sites", checked, sites)
	}
}

type mapping struct {
	types.Importer
	paths map[string]string
}

func (m mapping) Import(path string) (*types.Package, error) {
	if to, ok := m.paths[path]; ok {
		path = to
	}
	return m.Importer.Import(path)
}
