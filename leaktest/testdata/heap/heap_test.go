// Package heap is a test binary whose tests are all watched for objects that they
// leave in the heap.
package heap

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
)

func TestMain(m *testing.M) {
	leaktest.Main(m, leaktest.Heap(memassert.IgnoreType("heap.allowed"), memassert.MaxBytes(31)), leaktest.Settle(100*time.Millisecond))
}

type (
	// An entry has 32 bytes on every processor.
	entry struct {
		name  string
		value [32 - unsafe.Sizeof("")]byte
	}
	allowed struct{ name string }
)

var cache struct {
	sync.Mutex
	entries []*entry
	allowed []*allowed
}

// The slices do not grow, so that what leaks is only what they hold.
func init() {
	cache.entries = make([]*entry, 0, 10_000)
	cache.allowed = make([]*allowed, 0, 10_000)
}

//go:noinline
func put(name string) {
	cache.Lock()
	defer cache.Unlock()
	cache.entries = append(cache.entries, &entry{name: name})
}

func TestClean(t *testing.T) {
	var b bytes.Buffer
	for i := range 100 {
		fmt.Fprintln(&b, i)
	}
	if err := json.Unmarshal([]byte(`{"Name": "a"}`), new(struct{ Name string })); err != nil {
		t.Fatal(err)
	}
	t.Log("said")
}

func TestIgnored(t *testing.T) {
	cache.allowed = append(cache.allowed, &allowed{"a"})
}

func TestLeaks(t *testing.T) {
	for range 3 {
		put("a")
	}
}

func TestCollected(t *testing.T) {
	e := &entry{name: "b"}
	cache.entries = append(cache.entries, e)
	memassert.Collected(t, e)
	t.Cleanup(func() { cache.entries = cache.entries[: len(cache.entries)-1 : cap(cache.entries)] })
}

func TestAllowsMore(t *testing.T) {
	memassert.Check(t, memassert.MaxObjects(2))
	put("c")
	put("c")
}

// Of tests that run at the same time the one fails that has allocated it.
func TestParallel(t *testing.T) {
	for _, name := range []string{"a", "b", "c"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			leaktest.Check(t)
			time.Sleep(20 * time.Millisecond)
		})
	}
}

func TestParallelClean(t *testing.T) {
	t.Parallel()
	time.Sleep(30 * time.Millisecond)
}

func TestParallelLeaks(t *testing.T) {
	t.Parallel()
	time.Sleep(10 * time.Millisecond)
	put("d")
}

// requests is where a server that was there before the tests keeps what it has
// served.
var requests []*entry

func TestRequest(t *testing.T) {
	if os.Getenv("REPEAT") == "leaking" {
		requests = append(requests, &entry{name: "request"})
	}
}
