// Package planted leaks on purpose, so that a check can prove that it finds leaks. To a check its
// functions are a user's.
package planted

import (
	"os"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
)

// Goroutine leaks a goroutine until undo is called.
func Goroutine() (undo func()) {
	end := make(chan struct{})
	go wait(end)
	return func() { close(end) }
}

func wait(end chan struct{}) { <-end }

// File leaks an open file until undo is called, and returns its name.
func File() (name string, undo func(), err error) {
	f, err := os.CreateTemp("", "leaktest-selftest-*.txt")
	if err != nil {
		return "", nil, err
	}
	return f.Name(), func() {
		f.Close()
		os.Remove(f.Name())
	}, nil
}

// Objects leaks memory until undo is called.
func Objects() (undo func()) {
	probe.Call(allocate)
	return func() { objects = nil }
}

var objects [][]byte

func allocate() {
	for range 1000 {
		objects = append(objects, make([]byte, 1<<10))
	}
}

// Is returns whether a leak is of a kind and comes from a function of this package.
func Is(kind string) func(probe.Leak) bool {
	here := func(f probe.Frame) bool { return strings.HasPrefix(f.Func, names.Module+"internal/planted.") }
	return func(l probe.Leak) bool {
		return l.Kind == kind && (here(l.CreatedBy) || slices.ContainsFunc(l.Frames, here))
	}
}
