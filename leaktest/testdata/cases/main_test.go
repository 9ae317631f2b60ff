// Package cases is a test binary for the tests of leaktest: the words of the variable
// CASE say how its TestMain is written, and which of its tests leak.
package cases

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest"
	"go.uber.org/goleak"
)

var words = strings.Fields(os.Getenv("CASE"))

// on reports whether CASE has a word.
func on(word string) bool { return slices.Contains(words, word) }

var soon = leaktest.Settle(30 * time.Millisecond)

const here = "github.com/leakassert/leakassert/leaktest/testdata/cases."

// options are what words add.
var options = map[string]leaktest.Option{
	"wrong":        leaktest.IgnoreFunc("x"),
	"ignoresleave": leaktest.IgnoreFunc(here + "leave..."),
	"ignoresnone":  leaktest.IgnoreFunc(here + "neverCalled"),
	"ignorescreat": leaktest.IgnoreCreatedBy(here + "neverCalled"),
	"ignoresfalse": leaktest.Ignore(func(leaktest.Leak) bool { return false }),
	"unwrapped":    leaktest.Unwrapped("TestCaller", "TestLeaks"),
	"unknown":      leaktest.Unwrapped("TestOfAnotherPackage"),
	"cleanup": leaktest.Goroutines(goleak.Cleanup(func(code int) {
		fmt.Println("cleaned up with code", code)
		os.Exit(code)
	})),
}

func TestMain(m *testing.M) {
	opts := []leaktest.Option{soon}
	for _, w := range words {
		if o := options[w]; o != nil {
			opts = append(opts, o)
		}
	}
	if on("older") {
		oldWorker()
	}
	if on("rotating") {
		go rotate()
	}
	switch {
	case on("plain"):
		os.Exit(m.Run())
	case on("dropped"):
		leaktest.Run(m, opts...)
	case on("ignored"):
		leaktest.Run(m, opts...)
		os.Exit(0)
	case on("deferred"):
		defer leaktest.Run(m, opts...)
	case on("exit"):
		os.Exit(leaktest.Run(m, opts...))
	case on("nil"):
		leaktest.Main(nil, opts...)
	default:
		leaktest.Main(m, opts...)
	}
}

// never is reachable and nobody closes it.
var never = make(chan struct{})

// leave starts a goroutine that stays, and waits until it runs.
func leave() {
	ready := make(chan struct{})
	go func() { close(ready); <-never }()
	<-ready
}

func TestLeaks(t *testing.T) {
	if on("leaks") {
		leave()
	}
}

func TestFails(t *testing.T) {
	if on("fails") {
		t.Error("its own reason")
	}
}

func Example_leaks() {
	if on("example") {
		leave()
	}
	fmt.Println("done")
	// Output: done
}

func Example_clean() {
	done := make(chan struct{})
	go close(done)
	<-done
	fmt.Println("done")
	// Output: done
}
