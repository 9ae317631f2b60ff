package goroutine_test

import (
	"runtime"
	"testing"

	"github.com/leakassert/leakassert/internal/goroutine"
)

const parkedGoroutines = 10_000

// BenchmarkStack is the price of the runtime's text: the world is stopped for it.
func BenchmarkStack(b *testing.B) {
	park(b, parkedGoroutines, "BenchmarkStack")
	text := make([]byte, 32<<20)
	b.ReportAllocs()
	for b.Loop() {
		runtime.Stack(text, true)
	}
}

// BenchmarkDump is the price of a look: the text, the profile, and the labels of all.
func BenchmarkDump(b *testing.B) {
	park(b, parkedGoroutines, "BenchmarkDump")
	b.ReportAllocs()
	for b.Loop() {
		goroutine.Dump(func(*goroutine.Stacks) {})
	}
}

// BenchmarkDumpMixed is a look where goroutines with the same stack have two labels.
func BenchmarkDumpMixed(b *testing.B) {
	park(b, parkedGoroutines/2, "one")
	park(b, parkedGoroutines/2, "two")
	b.ReportAllocs()
	for b.Loop() {
		goroutine.Dump(func(*goroutine.Stacks) {})
	}
}

// BenchmarkRecords is what telling one's own goroutines apart adds to it.
func BenchmarkRecords(b *testing.B) {
	text := benchDump(b)
	b.ReportAllocs()
	for b.Loop() {
		for r := range goroutine.Records(text) {
			if r.ID() == 0 {
				b.Fatal("found a goroutine without an id")
			}
		}
	}
}

// BenchmarkCreator is what looking at unlabelled goroutines adds.
func BenchmarkCreator(b *testing.B) {
	text := benchDump(b)
	b.ReportAllocs()
	for b.Loop() {
		for r := range goroutine.Records(text) {
			if r.ID() == r.Creator() {
				b.Fatal("a goroutine created itself")
			}
		}
	}
}

// BenchmarkParse is what it would be without Records.
func BenchmarkParse(b *testing.B) {
	text := benchDump(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := goroutine.Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCounts(b *testing.B) {
	park(b, parkedGoroutines, "BenchmarkCounts")
	b.ReportAllocs()
	for b.Loop() {
		goroutine.Count()
	}
}

func benchDump(b *testing.B) (text []byte) {
	park(b, parkedGoroutines, b.Name())
	text = make([]byte, 32<<20)
	text = text[:runtime.Stack(text, true)]
	b.SetBytes(int64(len(text)))
	return text
}
