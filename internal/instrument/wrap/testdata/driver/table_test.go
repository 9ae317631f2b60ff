package driver

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"unsafe"
)

// TestTable prints what must be the same with and without rewriting.
func TestTable(t *testing.T) {
	table := New()
	var group sync.WaitGroup
	for i := range 4 {
		group.Add(1)
		go func(i int) {
			defer group.Done()
			table.Store(fmt.Sprint(i), i)
		}(i)
	}
	group.Wait()
	if v, ok := table.Load("3"); v != 3 || !ok {
		t.Fatal(v, ok)
	}
	table.Close()
	fmt.Println("SAME", table.Where(), special, unsafe.Sizeof(*table), len(table.entries), table.reads.Load(), table.writes)
	defer func() {
		fmt.Println("SAME", recover())
		for _, line := range strings.Split(string(debug.Stack()), "\n") {
			if at := strings.Index(line, "table.go:"); at >= 0 {
				fmt.Println("SAME", strings.Fields(line)[0])
			}
		}
		_, file, line, _ := runtime.Caller(0)
		fmt.Println("SAME", file, line)
		fmt.Println("SAME", table.leaf())
	}()
	table.log = nil
	table.Store("x", 7)
}
