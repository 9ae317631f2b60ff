package verdicts

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/leaktest/mapfuzz"
	"github.com/leakassert/leakassert/memassert"
	"github.com/leakassert/leakassert/poolassert"
)

var leak = os.Getenv("VERDICTS") == "leak"

func TestMain(m *testing.M) { leaktest.Main(m) }

func TestGoroutine(t *testing.T) {
	c := make(chan int)
	start(c)
	if !leak {
		close(c)
	}
}

func TestDescriptor(t *testing.T) {
	f := open(os.Args[0])
	if leak {
		files = append(files, f)
		return
	}
	f.Close()
}

func TestForgotten(t *testing.T) {
	f := open(filepath.Dir(os.Args[0]))
	if !leak {
		f.Close()
	}
}

func TestGrowth(t *testing.T) {
	memassert.NoGrowth(t, func() {
		o := new(object)
		if leak {
			objects = append(objects, o)
		}
	}, memassert.Iterations(64))
}

func TestHeap(t *testing.T) {
	memassert.Check(t)
	for range 100 {
		o := new(object)
		if leak {
			objects = append(objects, o)
		}
	}
}

func TestCollected(t *testing.T) {
	o := new(object)
	memassert.Collected(t, o)
	if leak {
		objects = append(objects, o)
	}
}

func TestPool(t *testing.T) {
	buffers := poolassert.NewTracked("buffers", func() *object { return new(object) })
	poolassert.Check(t, buffers)
	b := buffers.Get()
	if !leak {
		buffers.Put(b)
	}
}

func TestMap(t *testing.T) {
	mapfuzz.Test(t, func() mapfuzz.Map[int, int] { return &list{forgetful: leak} }, mapfuzz.Budget(500*time.Millisecond))
}

// Calls of C change no verdict.
func TestC(t *testing.T) {
	if twice(3) != 6 {
		t.Error(withC)
	}
	c := make(chan int)
	start(c)
	if !leak {
		close(c)
	}
}
