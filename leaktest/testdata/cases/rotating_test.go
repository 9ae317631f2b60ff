package cases

import (
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// rotate opens a new log and closes the old one, all the time.
func rotate() {
	var log *os.File
	for n := 0; n < 100000; n++ {
		f, err := os.CreateTemp("", "rotating")
		if err != nil {
			return
		}
		os.Remove(f.Name())
		if log != nil {
			log.Close()
		}
		log = f
		time.Sleep(time.Millisecond)
	}
}

func rotating(t *testing.T) {
	if !on("rotating") {
		t.Skip("CASE has no rotating")
	}
	checked(t)
}

// TestRotating1 makes package os/signal start its goroutine, which stays.
func TestRotating1(t *testing.T) {
	rotating(t)
	c := make(chan os.Signal, 1)
	signal.Notify(c, syscall.SIGHUP)
	signal.Stop(c)
}

// TestRotating2 leaves a file.
func TestRotating2(t *testing.T) {
	rotating(t)
	f, err := os.Create(filepath.Join(t.TempDir(), "own.txt"))
	if err != nil {
		t.Fatal(err)
	}
	left = append(left, f)
}

// TestRotating3 forgets one.
func TestRotating3(t *testing.T) {
	rotating(t)
	if _, err := os.Create(filepath.Join(t.TempDir(), "own.txt")); err != nil {
		t.Fatal(err)
	}
}

func TestRotating4(t *testing.T) { rotating(t) }

var left []*os.File
