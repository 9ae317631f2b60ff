package goroutine_test

import (
	"bytes"
	"testing"

	"github.com/leakassert/leakassert/internal/goroutine"
)

const parkedGoroutines = 10_000

// BenchmarkDump is the price of a look: the world is stopped for it.
func BenchmarkDump(b *testing.B) {
	park(b, parkedGoroutines, "BenchmarkDump")
	b.ReportAllocs()
	for b.Loop() {
		goroutine.Dump(func([]byte) {})
	}
}

// BenchmarkRecords is what telling one's own goroutines apart adds to it.
func BenchmarkRecords(b *testing.B) {
	text := benchDump(b)
	b.ReportAllocs()
	for b.Loop() {
		for r := range goroutine.Records(text) {
			if _, ok := r.Label("absent"); ok {
				b.Fatal("found a label that is absent")
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
		goroutine.Counts()
	}
}

func benchDump(b *testing.B) (text []byte) {
	park(b, parkedGoroutines, b.Name())
	goroutine.Dump(func(t []byte) { text = bytes.Clone(t) })
	b.SetBytes(int64(len(text)))
	return text
}
