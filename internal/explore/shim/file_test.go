package shim_test

import (
	"flag"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/leakassert/leakassert/internal/explore/shim"
)

var update = flag.Bool("update", false, "write the shim of package rewritten")

// TestRewritten holds that package rewritten has the shim that File gives for what it uses.
func TestRewritten(t *testing.T) {
	dir := "../rewritten"
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	name := regexp.MustCompile(`leakassert_\w+`)
	for _, file := range files {
		if strings.HasSuffix(file, "leakassert_shim.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, n := range name.FindAllString(string(text), -1) {
			used[n] = true
		}
	}
	var names []string
	for n := range used {
		names = append(names, n)
	}
	slices.Sort(names)
	want, err := shim.File("github.com/leakassert/leakassert/internal/explore/rewritten", "rewritten", names)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "leakassert_shim.go")
	if *update {
		if err := os.WriteFile(file, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s is out of date, run this test with -update (-want +got):\n%s", file, diff)
	}
}

// everyName are functions of the table of which each kind has one.
var everyName = []string{"sync/atomic.AddInt64", "(*sync/atomic.Pointer[T]).Load", "(*sync/atomic.Bool).Swap", "(*sync.Mutex).Lock", "(sync.Locker).Unlock",
	"sync.OnceValues", "(*sync.WaitGroup).Go", "time.AfterFunc", "(*time.Ticker).Reset", "math/rand.Shuffle", "math/rand.Read", "math/rand/v2.N", "runtime.fastrandn",
	"hash/maphash.MakeSeed", "hash/maphash.Comparable", "hash/maphash.Bytes", "runtime.memhash", "runtime.typehash", "runtime.nilinterhash", "runtime.Gosched"}

// statements are the helpers that stand for statements.
var statements = []string{"leakassert_at", "leakassert_then", "leakassert_pointer", "leakassert_sendto", "leakassert_receive", "leakassert_receive2", "leakassert_over",
	"leakassert_close", "leakassert_select", "leakassert_sendcase", "leakassert_receivecase", "leakassert_go"}

// std type-checks the standard library from its sources, each package once.
var (
	set = token.NewFileSet()
	std = importer.ForCompiler(set, "source", nil)
)

// check type-checks a shim, whose functions have no bodies where they are hooks.
func check(t *testing.T, pkg, name string, used []string, extra string) {
	t.Helper()
	text, err := shim.File(pkg, name, used)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(set, "shim.go", string(text)+extra, 0)
	if err != nil {
		t.Fatal(err)
	}
	// A package that declares the names of imports must do no harm.
	other, err := parser.ParseFile(set, "other.go", "package "+name+"\nvar time, sync, rand, runtime, unsafe int\n", 0)
	if err != nil {
		t.Fatal(err)
	}
	config := types.Config{Importer: std, GoVersion: "go1.21", IgnoreFuncBodies: false}
	if _, err := config.Check(pkg, set, append(parsed(file), parsed(other)...), nil); err != nil {
		t.Errorf("%s for %v: %v\n%s", pkg, used, err, text)
	}
}

func parsed[T any](v T) []T { return []T{v} }

func TestEachHelperStandsAlone(t *testing.T) {
	for _, name := range everyName {
		h, ok := shim.Lookup(name)
		if !ok {
			t.Errorf("Lookup(%q) found nothing", name)
			continue
		}
		check(t, "example.com/p", "p", []string{h.Name}, "")
	}
	for _, name := range statements {
		check(t, "example.com/p", "p", []string{name}, "")
	}
	check(t, "internal/sync", "sync", []string{"leakassert_MutexLock", "leakassert_MutexUnlock", "leakassert_at", "leakassert_Fastrand64"},
		"\ntype Mutex struct{}\nfunc (*Mutex) Lock() {}\nfunc (*Mutex) Unlock() {}\nfunc (*Mutex) TryLock() bool { return false }\n")
}

// TestTable holds that the table's names are those that the types package
// gives, and that each has a helper in the shim.
func TestTable(t *testing.T) {
	for _, path := range []string{"sync", "sync/atomic", "time", "math/rand", "math/rand/v2", "runtime", "hash/maphash"} {
		pkg, err := std.Import(path)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, n := range pkg.Scope().Names() {
			switch o := pkg.Scope().Lookup(n).(type) {
			case *types.Func:
				names = append(names, o.FullName())
			case *types.TypeName:
				if i, ok := o.Type().Underlying().(*types.Interface); ok {
					for m := range i.Methods() {
						names = append(names, m.FullName())
					}
				} else if named, ok := o.Type().(*types.Named); ok {
					for m := range named.Methods() {
						names = append(names, m.FullName())
					}
				}
			}
		}
		found := 0
		for _, name := range names {
			if h, ok := shim.Lookup(name); ok {
				found++
				if _, err := shim.File("example.com/p", "p", []string{h.Name}); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		least := map[string]int{"sync": 24, "sync/atomic": 70, "time": 13, "math/rand": 15, "math/rand/v2": 19, "runtime": 3, "hash/maphash": 4}[path]
		if found < least {
			t.Errorf("%d functions of %s are in the table, want at least %d", found, path, least)
		}
	}
	if _, ok := shim.Lookup("fmt.Println"); ok {
		t.Error("Lookup found fmt.Println")
	}
	if _, err := shim.File("p", "p", []string{"leakassert_nothing"}); err == nil {
		t.Error("File knows a helper leakassert_nothing")
	}
}
