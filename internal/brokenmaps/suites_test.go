//go:build !go1.27

package brokenmaps

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/instrument"
	"github.com/leakassert/leakassert/internal/instrument/passthrough"
	"github.com/leakassert/leakassert/internal/instrument/wrap"
)

// TestMain makes the test binary the command that rewrites packages when the go command runs it with -toolexec.
func TestMain(m *testing.M) {
	if os.Getenv("LEAKASSERT_TESTED_TOOL") != "" {
		os.Exit(wrap.Main(os.Args[1:], passthrough.Shim{}))
	}
	os.Exit(m.Run())
}

// suites are modules whose own tests run on their rewritten sources. Files that do not compile or link with this Go, rewritten or not, are left out.
var suites = []struct {
	module, version, folder string
	without                 []string
	sites                   int  // at least
	always                  bool // not only with -all
}{
	{"github.com/puzpuzpuz/xsync", "v1.0.0", ".", nil, 170, true},
	{"github.com/puzpuzpuz/xsync/v2", "v2.3.0", ".", nil, 270, false},
	{"github.com/puzpuzpuz/xsync/v2", "v2.4.0", ".", nil, 300, false},
	{"github.com/puzpuzpuz/xsync/v3", "v3.0.1", ".", []string{"util_hash_test.go"}, 380, false},
	{"github.com/puzpuzpuz/xsync/v3", "v3.5.1", ".", []string{"util_hash_test.go"}, 450, false},
	{"github.com/puzpuzpuz/xsync/v4", "v4.5.0", ".", nil, 350, false},
	{"github.com/cornelk/hashmap", "v1.0.3", ".", []string{"benchmark_test.go"}, 70, false},
	{"github.com/alphadose/haxmap", "v1.4.1", ".", nil, 35, false},
	{"github.com/bytedance/gg", "v1.1.0", "collection/skipmap", nil, 130, true},
	{"github.com/mhmtszr/concurrent-swiss-map", "v1.0.0", ".", nil, 30, false},
	{"github.com/Workiva/go-datastructures", "v1.0.38", "trie/ctrie", nil, 45, true},
}

// TestSuites runs the modules' own tests on copies of their sources, whose packages are rewritten, tests and all: they pass as they do without rewriting. Most run only with -all.
func TestSuites(t *testing.T) {
	for _, s := range suites {
		if !s.always && !*all {
			continue
		}
		t.Run(s.module+"@"+s.version, func(t *testing.T) {
			dir := copyModule(t, s.module, s.version, s.without)
			path, err := os.Executable()
			if err != nil {
				t.Fatal(err)
			}
			tool, err := instrument.New(path, filepath.Join(t.TempDir(), "sites"))
			if err != nil {
				t.Fatal(err)
			}
			pattern := strings.TrimSuffix(s.module+"/"+s.folder, "/.")
			args := append([]string{"test", "-mod=mod", "-vet=off", "-count=1", "-short", "-timeout=2m"}, tool.Flags(pattern)...)
			cmd := exec.Command("go", append(args, "./"+s.folder)...)
			cmd.Dir = dir
			cmd.Env = append(os.Environ(), "LEAKASSERT_TESTED_TOOL=1", "GOWORK=off", "PWD="+dir)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			sites, err := instrument.ReadSites(tool.Sites)
			if err != nil || sites.Len() < s.sites {
				t.Errorf("%d sites, %v", sites.Len(), err)
			}
			left, err := instrument.ReadLeft(tool.Sites)
			if err != nil {
				t.Error(err)
			}
			for _, l := range left {
				if l.Line == 0 {
					t.Errorf("not rewritten: %+v", l)
				}
			}
			t.Logf("%d sites, %d left", sites.Len(), len(left))
		})
	}
}

// copyModule returns a folder with a module's sources, without its test data.
func copyModule(t *testing.T, module, version string, without []string) string {
	t.Helper()
	cmd := exec.Command("go", "mod", "download", "-json", module+"@"+version)
	cmd.Dir = t.TempDir()
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOFLAGS=-mod=mod", "PWD="+cmd.Dir)
	out, err := cmd.Output()
	var downloaded struct{ Dir string }
	if err := errors.Join(err, json.Unmarshal(out, &downloaded)); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	dir := t.TempDir()
	err = filepath.WalkDir(downloaded.Dir, func(path string, entry os.DirEntry, err error) error {
		name := entry.Name()
		if err != nil || entry.IsDir() {
			return err
		}
		if ext := filepath.Ext(name); ext != ".go" && ext != ".s" && ext != ".mod" && ext != ".sum" {
			return nil
		}
		for _, base := range without {
			if name == base {
				return nil
			}
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		to := filepath.Join(dir, strings.TrimPrefix(path, downloaded.Dir))
		if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
			return err
		}
		return os.WriteFile(to, text, 0o666)
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "go.mod")); err != nil {
		if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module "+module+"\n\ngo 1.16\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}
