package cases

import (
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// opener opens one file after the other, until stop is called.
type opener struct {
	opened atomic.Int64
	quit   chan struct{}
	done   chan struct{}
	mu     sync.Mutex
	files  []*os.File
}

var leftOpener *opener

func (o *opener) run() {
	defer close(o.done)
	for o.opened.Load() < 10000 {
		f, err := os.Open(os.Args[0])
		if err != nil {
			return
		}
		o.mu.Lock()
		o.files = append(o.files, f)
		o.mu.Unlock()
		o.opened.Add(1)
		select {
		case <-o.quit:
			return
		case <-time.After(time.Millisecond):
		}
	}
}

// wait returns when two more files have been opened.
func (o *opener) wait() {
	for until := o.opened.Load() + 2; o.opened.Load() < until; {
		time.Sleep(time.Millisecond)
	}
}

func openers(t *testing.T) {
	if !on("openers") {
		t.Skip("CASE has no openers")
	}
	checked(t)
}

// TestOpener1 leaves a goroutine that goes on to open files.
func TestOpener1(t *testing.T) {
	openers(t)
	leftOpener = &opener{quit: make(chan struct{}), done: make(chan struct{})}
	go leftOpener.run()
	leftOpener.wait()
}

func TestOpener2(t *testing.T) {
	openers(t)
	leftOpener.wait()
}

// TestOpener3 ends it.
func TestOpener3(t *testing.T) {
	openers(t)
	close(leftOpener.quit)
	<-leftOpener.done
	for _, f := range leftOpener.files {
		f.Close()
	}
}

// TestOpener4 leaves a file, and a goroutine that opens nothing stays with it.
func TestOpener4(t *testing.T) {
	openers(t)
	leave()
	f, err := os.Create(filepath.Join(t.TempDir(), "own.txt"))
	if err != nil {
		t.Fatal(err)
	}
	leftOpener.files = append(leftOpener.files, f)
}

// TestOpener5 leaves a file while the goroutine of TestOpener4 stays.
func TestOpener5(t *testing.T) {
	openers(t)
	f, err := os.Create(filepath.Join(t.TempDir(), "own.txt"))
	if err != nil {
		t.Fatal(err)
	}
	leftOpener.files = append(leftOpener.files, f)
}
