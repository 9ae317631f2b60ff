package heapdump_test

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/leakassert/leakassert/internal/heapdump"
)

// heapOf is a dump of n objects of 64 bytes. Each points to two others, anywhere. Their spans are in
// an order of their own, and their stacks are known.
func heapOf(n int) []byte {
	const size, base, perSpan = 64, 0xc000000000, 128
	r := rand.New(rand.NewPCG(1, 2))
	b := make(builder, 0, 100*n+1<<10)
	b = append(b, newBuilder().bytes()...)
	anywhere := func() uint64 { return base + size*r.Uint64N(uint64(n)) }
	for _, span := range r.Perm(n / perSpan) {
		for i := range perSpan {
			b.object(base+uint64(span*perSpan+i)*size, []uint64{anywhere(), 1, anywhere(), 2, 3, 4, 5, 6}, 0, 16)
		}
	}
	for bucket := range uint64(100) {
		b.uint(16, 0x900000+bucket, 64, 1).str("f").str("f.go").uint(bucket, 1, 1)
	}
	for i := range n {
		b.uint(17, base+uint64(i)*size, 0x900000+r.Uint64N(100))
	}
	return b.end()
}

func BenchmarkParse(b *testing.B) {
	for _, n := range []int{1 << 16, 1 << 20} {
		data := heapOf(n)
		b.Run(fmt.Sprintf("objects=%d", n), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := heapdump.Parse(data); err != nil {
					b.Fatal(err)
				}
			}
			kept := heapBytes()
			d, err := heapdump.Parse(data)
			b.ReportMetric(float64(heapBytes()-kept)/float64(n), "kept-B/object")
			runtime.KeepAlive(d)
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}

func heapBytes() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// All references of a heap are followed, in the order of the objects.
func BenchmarkRefs(b *testing.B) {
	const n = 1 << 20
	d, err := heapdump.Parse(heapOf(n))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		refs := 0
		for i := range d.Len() {
			for range d.Refs(i) {
				refs++
			}
		}
		if refs != 2*n {
			b.Fatal(refs)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(2*n), "ns/ref")
}
