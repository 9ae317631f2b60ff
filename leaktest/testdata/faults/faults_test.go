// Package faults is a test binary for the tests of leaktest that break the machine: its tests leak one
// resource of each kind.
package faults

import (
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest"
	"github.com/leakassert/leakassert/memassert"
	"github.com/leakassert/leakassert/poolassert"
)

func TestMain(m *testing.M) {
	opts := []leaktest.Option{leaktest.Settle(30 * time.Millisecond)}
	if file := os.Getenv("KNOWN"); file != "" {
		opts = append(opts, leaktest.Baseline(file))
	}
	leaktest.Main(m, opts...)
}

// kept holds what the tests leak.
var kept []any

// never is reachable and nobody closes it.
var never = make(chan struct{})

// TestCrowd takes all descriptors that there are, if there are few.
func TestCrowd(t *testing.T) {
	for os.Getenv("CROWD") != "" {
		f, err := os.Open("faults_test.go")
		if err != nil {
			return
		}
		kept = append(kept, f)
	}
}

func TestGoroutine(t *testing.T) {
	ready := make(chan struct{})
	go func() { close(ready); <-never }()
	<-ready
}

func TestFile(t *testing.T) {
	f, err := os.Open("faults_test.go")
	if err != nil {
		t.Fatal(err)
	}
	kept = append(kept, f)
}

func TestSocket(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	kept = append(kept, l)
}

type session struct{ name [100]byte }

func TestHeap(t *testing.T) {
	memassert.Check(t)
	for range 10 {
		kept = append(kept, new(session))
	}
}

func TestPool(t *testing.T) {
	slots := make(chan struct{}, 3)
	poolassert.Check(t, poolassert.Slots("seats", slots))
	slots <- struct{}{}
}

// TestCommand runs a program that leaves a process behind.
func TestCommand(t *testing.T) {
	cmd := exec.Command("/bin/sh", "-c", "sleep 60 & echo started; wait")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if p := leaktest.Command(t, cmd); p != nil {
		p.Begin()
		if _, err := out.Read(make([]byte, 8)); err != nil {
			t.Error(err)
		}
	}
}

func TestClean(t *testing.T) {
	done := make(chan struct{})
	go close(done)
	<-done
}

// TestSettles leaves a goroutine and a slot of a pool that go a moment later.
func TestSettles(t *testing.T) {
	slots := make(chan struct{}, 1)
	leaktest.Check(t, leaktest.Pools(poolassert.Slots("seats", slots)), leaktest.Settle(time.Minute))
	slots <- struct{}{}
	go func() {
		time.Sleep(50 * time.Millisecond)
		<-slots
	}()
}

// TestJumps says whether the wall clock of the process jumps.
func TestJumps(t *testing.T) {
	before, after := time.Now(), time.Now()
	if wall := after.Round(0).Sub(before.Round(0)).Abs(); wall > time.Hour && after.Sub(before) < time.Hour {
		t.Log("the wall clock jumps by", wall)
	}
}
