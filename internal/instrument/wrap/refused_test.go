package wrap_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRefused compiles packages of which something can't be rewritten: they work, and the list says what was left.
func TestRefused(t *testing.T) {
	dir := module(t)
	write(t, filepath.Join(dir, "assembly", "a.go"), `package assembly

import "sync/atomic"

func nothing()

var N atomic.Int64

func Call() { nothing(); N.Add(1) }
`)
	write(t, filepath.Join(dir, "assembly", "nothing.s"), "TEXT ·nothing(SB), 4, $0\n\tRET\n")
	write(t, filepath.Join(dir, "c", "c.go"), `package c

// static int one(void) { return 1; }
import "C"
import "sync/atomic"

var M atomic.Int64

func One() int { M.Add(1); return int(C.one()) }
`)
	write(t, filepath.Join(dir, "c", "plain.go"), `package c

func Two() int { M.Add(1); return 2 }
`)
	write(t, filepath.Join(dir, "values", "values.go"), `package values

import (
	"sync"
	"sync/atomic"
)

func Shadowed(c chan int) int {
	panic := len("shadowed")
	select {
	case v := <-c:
		return v + panic
	}
}

func Values(m *sync.Mutex, n *atomic.Int64) {
	lock := m.Lock
	lock()
	(*sync.Mutex).Unlock(m)
	defer n.Add(1)
	go func() { n.Add(1) }()
}
`)
	write(t, filepath.Join(dir, "refused_test.go"), `package driver

import (
	"sync"
	"sync/atomic"
	"testing"

	"`+driver+`/assembly"
	"`+driver+`/c"
	"`+driver+`/values"
)

func TestRefused(t *testing.T) {
	assembly.Call()
	var m sync.Mutex
	var n atomic.Int64
	values.Values(&m, &n)
	if got := c.One() + c.Two(); got != 3 || c.M.Load() != 2 || assembly.N.Load() != 1 {
		t.Error(got)
	}
}
`)
	tool := counting(t)
	args := append([]string{"test", "-mod=mod", "-vet=off", "-count=1", "-v", "-run=TestRefused"}, tool.Flags(driver+"/assembly", driver+"/c", driver+"/values")...)
	out, err := run(t, dir, tool, "counting", append(args, ".")...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := []string{
		driver + "/assembly a.go:5 function nothing: no Go body: assembly, or bound from elsewhere",
		driver + "/c c.go:9 Add: cgo",
		driver + "/values values.go:10 select: the compiler refused it rewritten: invalid operation: cannot call panic (variable of type int): int is not a function",
		driver + "/values values.go:19 Unlock: method expression",
	}
	if diff := cmp.Diff(want, left(t, tool)); diff != "" {
		t.Errorf("left (-want +got):\n%s", diff)
	}
	for _, point := range []string{"a.go Call Add", "plain.go Two Add", "values.go Values Add", "values.go Values go", "values.go Values Lock"} {
		if !strings.Contains(shortPoints(out), point) {
			t.Errorf("no point %q in\n%s", point, shortPoints(out))
		}
	}
}

// shortPoints returns the points of an output with files' base names.
func shortPoints(out string) string {
	var b strings.Builder
	for _, point := range lines(out, "POINT") {
		fields := strings.Fields(point)
		b.WriteString(filepath.Base(fields[2]) + " " + strings.Join(fields[4:], " ") + "\n")
	}
	return b.String()
}

// TestCompilerRefuses checks that a package is compiled as it is when the compiler refuses the rewritten one, and that its errors stay the user's own.
func TestCompilerRefuses(t *testing.T) {
	dir := module(t)
	tool := counting(t)
	args := append([]string{"test", "-mod=mod", "-vet=off", "-count=1", "-v"}, tool.Flags(driver)...)
	out, err := run(t, dir, tool, "broken", append(args, ".")...)
	if err != nil || len(lines(out, "SAME")) < 5 || len(lines(out, "POINT")) != 0 {
		t.Fatalf("%v\n%s", err, out)
	}
	if list := strings.Join(left(t, tool), "\n"); !strings.Contains(list, "the package: the compiler refused the rewritten sources: ") || !strings.Contains(list, "undefined: leakassert_missing") {
		t.Errorf("left:\n%s", list)
	}

	write(t, filepath.Join(dir, "broken.go"), "package driver\n\nvar x int = undefinedName\n")
	plain, err := run(t, dir, nil, "", "build", "-mod=mod", ".")
	if err == nil {
		t.Fatal("the broken package compiles")
	}
	out, err = run(t, dir, tool, "counting", append(append([]string{"build", "-mod=mod"}, tool.Flags(driver)...), ".")...)
	if err == nil || out != plain {
		t.Errorf("errors (-plain +with the tool):\n%s", cmp.Diff(plain, out))
	}
}
