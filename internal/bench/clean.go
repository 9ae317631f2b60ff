package bench

import (
	"testing"
	"time"

	"github.com/leakassert/leakassert/leaktest"
)

// fortytw2Default is the time that fortytw2's Check gives leaks to go.
const fortytw2Default = 5 * time.Second

func cleanCases(name string, body func(), floor func(*testing.B) string) []Case {
	return []Case{
		{Body: name, By: Floor, Bench: floor},
		{Body: name, By: NoLeak, Bench: benchClean(noLeak(leaktest.Goroutines()), body)},
		{Body: name, By: Check, Bench: benchClean(check(leaktest.Goroutines()), body)},
		{Body: name, By: Default, Bench: benchClean(noLeak(), body)},
		{
			Body: name, By: Goleak, Bench: benchClean(goleakFind, body),
			Quick: 10_000, Why: "a check takes seconds; cmd/ratios has it",
		},
		{Body: name, By: Fortytw2, Bench: benchClean(fortytw2Check(fortytw2Default), body)},
	}
}

func benchClean(check checker, body func()) func(*testing.B) string {
	return benchReport(func() string { return check(body) })
}

// benchReport measures what must report nothing.
func benchReport(report func() string) func(*testing.B) string {
	return func(b *testing.B) string {
		// Once before the clock runs, for buffers that are kept.
		if r := report(); r != "" {
			return wrongly(r)
		}
		b.ReportAllocs()
		for b.Loop() {
			if r := report(); r != "" {
				return wrongly(r)
			}
		}
		return ""
	}
}

// benchCounter is the floor where nothing is started.
func benchCounter(b *testing.B) string {
	c := newCounter()
	c.read()
	b.ReportAllocs()
	for b.Loop() {
		c.clean(empty)
	}
	return ""
}

// benchDump is the floor where something is started: that it has ended can only
// be seen in a dump.
func benchDump(b *testing.B) string {
	s := newStacks()
	b.ReportAllocs()
	for b.Loop() {
		goroutine()
		s.dump()
	}
	return ""
}
