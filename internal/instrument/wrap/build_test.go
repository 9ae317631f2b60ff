package wrap_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/instrument"
	"github.com/leakassert/leakassert/internal/long"
)

// explored finds the lost update of a counter of package lost.
const explored = `package explored

import (
	"fmt"
	"os"
	"testing"

	"` + driver + `/lost"
	"github.com/leakassert/leakassert/internal/explore"
	"github.com/leakassert/leakassert/internal/instrument"
)

func TestLost(t *testing.T) {
	result, err := explore.Explore(explore.Config{Schedules: 1000, New: func() explore.Program {
		var c lost.Counter
		return explore.Program{
			Tasks: []func(){c.Add, c.Add},
			After: func() string {
				if n := c.Load(); n != 2 {
					return fmt.Sprint("lost: ", n)
				}
				return ""
			},
		}
	}})
	if err != nil || result.Fault == nil {
		t.Fatal(err, result.Summary())
	}
	sites, err := instrument.ReadSites(os.Getenv("SITES"))
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range result.Fault.Execution.Steps {
		file, line, function, operation := sites.Name(step.Site)
		fmt.Println("POINT", step.Task, file, line, function, operation)
	}
}
`

const lost = `package lost

import "sync/atomic"

type Counter struct{ n atomic.Int64 }

func (c *Counter) Add() { c.n.Store(c.n.Load() + 1) }

func (c *Counter) Load() int64 { return c.n.Load() }
`

// TestBuild builds the tool from within users' modules: one whose go.mod names this module, one with a vendor folder, one in a workspace. With the tool the fault
// of a counter, which is in a module of its own, is found there, and the steps to it have names.
func TestBuild(t *testing.T) {
	t.Setenv("GOCACHE", goEnv(t, "GOCACHE")) // which XDG_CACHE_HOME would move
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("GOFLAGS", "-cover") // of the user's builds; the tool is built without
	for _, layout := range []struct {
		name    string
		arrange func(dir string) (flags []string)
	}{
		{"module", func(dir string) []string { return []string{"-mod=mod"} }},
		{"vendor", func(dir string) []string {
			for _, args := range [][]string{{"mod", "tidy"}, {"mod", "vendor"}} {
				if out, err := run(t, dir, nil, "", args...); err != nil {
					t.Fatalf("go %v: %v\n%s", args, err, out)
				}
			}
			return nil
		}},
		{"workspace", func(dir string) []string {
			write(t, filepath.Join(dir, "go.mod"), "module "+driver+"\n\ngo 1.26.0\n")
			write(t, filepath.Join(dir, "go.work"), "go 1.26.0\n\nuse (\n\t.\n\t./lost\n\t"+root(t)+"\n)\n")
			t.Setenv("GOWORK", filepath.Join(dir, "go.work"))
			return nil
		}},
	} {
		t.Run(layout.name, func(t *testing.T) {
			if layout.name != "module" {
				long.Full(t)
			}
			dir := module(t)
			write(t, filepath.Join(dir, "lost", "lost.go"), lost)
			write(t, filepath.Join(dir, "lost", "go.mod"), "module "+driver+"/lost\n\ngo 1.19\n")
			requirement(t, dir, driver+"/lost", "./lost")
			write(t, filepath.Join(dir, "explored", "explored_test.go"), explored)
			flags := layout.arrange(dir)
			before := modified(t, dir)
			tool, err := instrument.Build(context.Background(), dir, flags...)
			if err != nil {
				t.Fatal(err)
			}
			again, err := instrument.Build(context.Background(), dir, flags...)
			if err != nil || *again != *tool {
				t.Errorf("built again: %+v, %v; was %+v", again, err, tool)
			}
			args := slices.Concat([]string{"test", "-vet=off", "-count=1", "-v"}, flags, tool.Flags(driver+"/lost"))
			out, err := run(t, dir, tool, "", append(args, "./explored")...)
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			for _, want := range []string{"lost.go 7 (*Counter).Add Load", "lost.go 7 (*Counter).Add Store", "lost.go 9 (*Counter).Load Load"} {
				if !strings.Contains(out, want) {
					t.Errorf("no step %q in\n%s", want, out)
				}
			}
			if layout.name == "vendor" {
				if _, err := os.Stat(filepath.Join(dir, "vendor", "github.com", "leakassert", "leakassert", "internal", "instrument", "tool", "main.go")); err != nil {
					t.Error(err)
				}
			}
			if after := modified(t, dir); !slices.Equal(before, after) {
				t.Errorf("the user's files were\n%s\nand are\n%s", before, after)
			}
		})
	}
}

// requirement adds a module that lies in a folder to the module's requirements.
func requirement(t *testing.T, dir, path, folder string) {
	t.Helper()
	name := filepath.Join(dir, "go.mod")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	write(t, name, string(text)+"\nrequire "+path+" v0.0.0\n\nreplace "+path+" => "+folder+"\n")
}

// modified returns the names, sizes and times of all files.
func modified(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			info, err := entry.Info()
			if err != nil {
				return err
			}
			list = append(list, fmt.Sprint(path, info.Size(), info.ModTime()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := run(t, ".", nil, "", "env", name)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

// TestTableFolder checks that packages are compiled again when the folder of sites was removed, as their tables are gone.
func TestTableFolder(t *testing.T) {
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	sites := filepath.Join(t.TempDir(), "sites")
	first, err := instrument.New(path, sites)
	if err != nil {
		t.Fatal(err)
	}
	second, err := instrument.New(path, sites)
	if err != nil || *first != *second {
		t.Errorf("%+v differs from %+v, %v", first, second, err)
	}
	if err := os.RemoveAll(sites); err != nil {
		t.Fatal(err)
	}
	third, err := instrument.New(path, sites)
	if err != nil || *first == *third {
		t.Errorf("%+v is as before, %v", third, err)
	}
}
