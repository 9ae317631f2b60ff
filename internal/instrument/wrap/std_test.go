package wrap_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/leakassert/leakassert/internal/long"
)

// TestSyncMap rewrites the packages that sync.Map consists of: its operations pass points, the locks do not.
func TestSyncMap(t *testing.T) {
	long.Full(t) // TestSweepInEverySchedule of examples/connmanager explores these packages
	dir := module(t)
	write(t, filepath.Join(dir, "syncmap", "map_test.go"), `package syncmap

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/leakassert/leakassert/internal/instrument"
	"github.com/leakassert/leakassert/internal/instrument/counted"
)

func TestMap(t *testing.T) {
	var m sync.Map
	for i := range 1000 {
		m.Store(i, i)
		m.LoadOrStore(i, 1)
		m.CompareAndSwap(i, i, 2*i)
		m.Delete(i - 1)
	}
	if v, ok := m.Load(999); v != 1998 || !ok {
		t.Error(v, ok)
	}
	once := sync.OnceValue(func() int { return 3 })
	if once() != 3 {
		t.Error("once")
	}
	sites, err := instrument.ReadSites(os.Getenv("SITES"))
	if err != nil {
		t.Fatal(err)
	}
	for number := range counted.Counts() {
		file, _, function, operation := sites.Name(number)
		fmt.Println("POINT", file, function, operation)
	}
}
`)
	tool := counting(t)
	args := append([]string{"test", "-mod=mod", "-vet=off", "-count=1", "-v"}, tool.Flags("internal/sync", "sync")...)
	out, err := run(t, dir, tool, "counting", append(args, "./syncmap")...)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	points := strings.Join(lines(out, "POINT"), "\n")
	for _, want := range []string{"(*HashTrieMap).LoadOrStore Load", "(*HashTrieMap).CompareAndSwap", "hashtriemap.go"} {
		if !strings.Contains(points, want) {
			t.Errorf("no %q in\n%s", want, points)
		}
	}
	if strings.Contains(points, "mutex.go") {
		t.Errorf("a lock is rewritten:\n%s", points)
	}
}
