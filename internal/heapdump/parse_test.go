package heapdump_test

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/leakassert/leakassert/internal/heapdump"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func pairs(seq iter.Seq2[int, int]) (all [][2]int) {
	for a, b := range seq {
		all = append(all, [2]int{a, b})
	}
	return all
}

func TestParse(t *testing.T) {
	d, err := heapdump.Parse(all())
	require.NoError(t, err)
	assert.Equal(t, "go1.26.8", d.GoVersion)
	assert.Equal(t, "amd64", d.Arch)
	assert.Equal(t, 8, d.PtrSize)
	assert.Equal(t, map[uint64]heapdump.Type{0x500000: {Name: "net/http.Client", Size: 24}}, d.Types)
	assert.Equal(t, map[uint64]uint64{0x600000: 0x500000}, d.Itabs)
	assert.Equal(t, []heapdump.Other{{Name: "a root", Pointer: 0xc000000000}}, d.Others)
	assert.Equal(t, []heapdump.Finalizer{
		{Object: 0xc000000000, Fn: 0xc000002000, PC: 0x403000, FnType: 0x500000, ObjectType: 0x500040},
		{Object: 0xc000000018, Fn: 0xc000002010, PC: 0x403001, FnType: 0x500001, ObjectType: 0x500041, Queued: true},
	}, d.Finalizers)

	require.Equal(t, 5, d.Len())
	var addrs []uint64
	for i := range d.Len() {
		addrs = append(addrs, d.Addr(i))
	}
	assert.Equal(t, []uint64{0xc000000000, 0xc000000018, 0xc000002000, 0xc000002010, 0xc000004000}, addrs)
	assert.Len(t, d.Bytes(0), 24)
	assert.Equal(t, uint64(0x123), d.Word(d.Bytes(0), 16))
	assert.Equal(t, []int{0, 8}, slices.Collect(d.Pointers(0)))
	assert.Equal(t, [][2]int{{8, 3}}, pairs(d.Refs(0)), "nil is none")
	assert.Equal(t, [][2]int{{0, 1}}, pairs(d.Refs(3)), "7 is none")
	for range d.Refs(0) {
		break
	}

	require.Len(t, d.Segments, 2)
	assert.Equal(t, "data", d.Segments[0].Name)
	assert.Equal(t, uint64(0x800000), d.Segments[0].Addr)
	assert.Equal(t, [][2]int{{8, 0}, {16, 3}}, pairs(d.SegmentRefs(&d.Segments[0])))
	assert.Equal(t, "bss", d.Segments[1].Name)
	assert.Equal(t, [][2]int{{0, 4}}, pairs(d.SegmentRefs(&d.Segments[1])))
}

func TestParseGoroutines(t *testing.T) {
	d, err := heapdump.Parse(all())
	require.NoError(t, err)
	require.Len(t, d.Goroutines, 2)
	g := d.Goroutines[0]
	require.Len(t, g.Frames, 2)
	f := &g.Frames[0]
	assert.Equal(t, "example.com/a.b.wait", f.Func)
	assert.Equal(t, "a.F[...].func1", g.Frames[1].Func)
	assert.Equal(t, []uint64{0xc000010000, 0x400000, 0x400010}, []uint64{f.SP, f.Entry, f.PC})
	assert.Equal(t, [][2]int{{0, 2}}, pairs(d.FrameRefs(f)), "one is outside of the frame")
	assert.Equal(t, [][2]int{{0, 2}, {8, 0}}, pairs(d.FrameWords(f)))
	assert.False(t, f.Dead)
	assert.True(t, g.Frames[1].Dead)
	g.Frames = nil
	assert.Equal(t, heapdump.Goroutine{
		Addr: 0xc000004000, ID: 7, Status: 4, Waiting: "chan receive", WaitSince: 99, CreatedBy: 0x401000,
		Context: 0xc000002000, Deferred: []uint64{0xc000002000}, Records: []uint64{0xc000004100}, Panics: []uint64{0xc000002010},
	}, g)

	g = d.Goroutines[1]
	assert.True(t, g.System)
	require.Len(t, g.Frames, 3)
	assert.Equal(t, [][2]int{{8, 1}}, pairs(d.FrameRefs(&g.Frames[1])), "it was preempted")
	assert.True(t, g.Frames[0].Conservative)
	assert.False(t, g.Frames[2].Conservative)
}

func TestParseAllocs(t *testing.T) {
	d, err := heapdump.Parse(all())
	require.NoError(t, err)
	first, ok := d.Alloc(0)
	require.True(t, ok)
	assert.Equal(t, &heapdump.Alloc{Bucket: 0x900000, Size: 24, Allocs: 10, Frees: 8, Frames: []heapdump.AllocFrame{
		{Func: "a.b.make", File: "/a%2eb/a.go", Line: 12}, {Func: "main.main", File: "/m.go", Line: 1 << 20},
	}}, first)
	second, ok := d.Alloc(1)
	require.True(t, ok)
	assert.Same(t, first, second)
	_, ok = d.Alloc(2)
	assert.False(t, ok)

	d, err = heapdump.Parse(newBuilder().object(0xc000000000, make([]uint64, 1)).end())
	require.NoError(t, err)
	_, ok = d.Alloc(0)
	assert.False(t, ok, "no allocation was recorded")
	assert.NoError(t, d.Close())
}

// Find is compared with a look at every object, in a heap of full, sparse and large spans.
func TestFind(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	type object struct{ addr, size uint64 }
	var spans [][]object
	page := uint64(0xc000000000) >> 13
	for range 200 {
		size := []uint64{8, 16, 24, 96, 1408, 8192, 3 * 8192, 10240}[r.IntN(8)]
		pages := (size*8 + 8191) >> 13
		keep := r.Float64()
		var objects []object
		for n := range pages << 13 / size {
			if keep > 0.9 || r.Float64() < keep {
				objects = append(objects, object{page<<13 + n*size, size})
			}
		}
		spans = append(spans, objects)
		page += pages + uint64(r.IntN(3))
	}
	want := slices.Concat(spans...)
	r.Shuffle(len(spans), func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
	b := newBuilder()
	for _, o := range slices.Concat(spans...) {
		b.object(o.addr, make([]uint64, o.size/8))
	}
	d, err := heapdump.Parse(b.end())
	require.NoError(t, err)
	require.Equal(t, len(want), d.Len())
	for i, o := range want {
		require.Equal(t, o, object{d.Addr(i), uint64(len(d.Bytes(i)))})
		for _, at := range []uint64{o.addr, o.addr + o.size/2, o.addr + o.size - 1} {
			found, ok := d.Find(at)
			require.True(t, ok && found == i, "%#x is in object %d, not in %d", at, i, found)
		}
		for _, at := range []uint64{o.addr - 1, o.addr + o.size} {
			found, ok := d.Find(at)
			_, in := slices.BinarySearchFunc(want, at, func(o object, at uint64) int {
				switch {
				case at < o.addr:
					return 1
				case at >= o.addr+o.size:
					return -1
				}
				return 0
			})
			require.Equal(t, in, ok, "%#x", at)
			require.True(t, !ok || found == i-1 || found == i+1)
		}
	}
	for _, at := range []uint64{0, 1, math.MaxUint64} {
		_, ok := d.Find(at)
		assert.False(t, ok)
	}
}

func TestFindOddSpans(t *testing.T) {
	b := newBuilder().object(0x2000, make([]uint64, 8)).object(0x2040, make([]uint64, 1)).object(0x2048, make([]uint64, 1))
	b.object(0x2050, make([]uint64, 1)).object(math.MaxUint64-15, make([]uint64, 1))
	d, err := heapdump.Parse(b.end())
	require.NoError(t, err, "sizes in a page may differ")
	for i := range d.Len() {
		found, ok := d.Find(d.Addr(i) + 7)
		assert.True(t, ok)
		assert.Equal(t, i, found)
	}
	_, ok := d.Find(0x2058)
	assert.False(t, ok)
}

func TestTruncated(t *testing.T) {
	data := all()
	for n := range data {
		_, err := heapdump.Parse(data[:n:n])
		require.ErrorContains(t, err, "heap dump: truncated at offset ")
	}
	object := len(newBuilder().bytes())
	_, err := heapdump.Parse(newBuilder().object(0xc000000000, make([]uint64, 2)).bytes()[:object+12])
	assert.EqualError(t, err, fmt.Sprintf("heap dump: truncated at offset %d in an object record (tag 1)", object+8))
}

func TestMalformed(t *testing.T) {
	for _, test := range []struct {
		name, want string
		data       *builder
	}{
		{"tag", "in a tag: unknown tag 99", newBuilder().uint(99)},
		{"number", "in a tag: a number of more than 64 bits", (*builder)(new(append(newBuilder().bytes(), "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"...)))},
		{"field kind", "in an object record (tag 1): unknown kind of field 2", newBuilder().uint(1, 64).contents(make([]uint64, 1)).uint(2, 0)},
		{"pointer outside", "in an object record (tag 1): a pointer at 8, outside of the contents", newBuilder().object(64, make([]uint64, 1), 8)},
		{"pointer outside of bss", "in a bss segment record (tag 13): a pointer at 1, outside of the contents", newBuilder().uint(13, 64).words(nil, 1)},
		{"empty object", "in an object record (tag 1): the object at 0x40 has 0 bytes", newBuilder().object(64, nil)},
		{"object at the end of memory", "the object at 0xfffffffffffffff8 has 8 bytes", newBuilder().object(math.MaxUint64-7, make([]uint64, 1))},
		{"overlap", "it overlaps another object", newBuilder().object(64, make([]uint64, 2)).object(72, make([]uint64, 2)).uint(0)},
		{"late object", "in an object record (tag 1): it is after the samples", newBuilder().uint(16, 5, 8, 0, 1, 0, 17, 64, 5).object(64, make([]uint64, 1))},
		{"unknown bucket", "in an allocation sample record (tag 17): unknown bucket 0x5", newBuilder().uint(17, 64, 5)},
		{"frame of none", "in a stack frame record (tag 5): no goroutine before it", newBuilder().uint(5, 1, 0, 0).contents(nil).uint(1, 1, 1).str("f").fields()},
		{"second parameters", "in a parameters record (tag 6): it is the second one", newBuilder().uint(6, 0, 8, 0, 0).str("").str("").uint(1)},
		{"pointers", "in a parameters record (tag 6): pointers of 3 bytes", (*builder)(new([]byte(header))).uint(6, 0, 3, 0, 0)},
		{"no parameters", "in an object record (tag 1): no parameters before it", (*builder)(new([]byte(header))).object(64, make([]uint64, 1))},
		{"rest", "in the end record (tag 0): more data after it", newBuilder().uint(0, 0)},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := heapdump.Parse(test.data.bytes())
			require.ErrorContains(t, err, "heap dump: malformed at offset ")
			assert.ErrorContains(t, err, test.want)
		})
	}
	_, err := heapdump.Parse([]byte("\x7fELF"))
	assert.EqualError(t, err, `heap dump: it begins with "\x7fELF", a dump begins with "go1.7 heap dump\n"`)
}

// Other widths of pointers, and orders of bytes.
func TestWord(t *testing.T) {
	word := []byte{9, 1, 2, 3, 4, 5, 6, 7, 8}
	for _, test := range []struct {
		bigEndian, size, want uint64
	}{{0, 8, 0x0807060504030201}, {1, 8, 0x0102030405060708}, {0, 4, 0x04030201}, {1, 4, 0x01020304}} {
		b := builder(header)
		d, err := heapdump.Parse(b.uint(6, test.bigEndian, test.size, 0, 0).str("").str("").uint(1).end())
		require.NoError(t, err)
		assert.Equal(t, test.want, d.Word(word, 1))
	}
}

// Whatever the bytes are, a dump or an error comes of them, and every reference is to an object.
func FuzzParse(f *testing.F) {
	f.Add(all())
	f.Add(newBuilder().end())
	f.Add(newBuilder().object(64, []uint64{72, 64}, 0, 8).object(1<<13, make([]uint64, 3), 16).end())
	f.Add(newBuilder().uint(4, 1, 2, 3, 4, 5, 0, 0, 0).str("w").uint(0, 0, 0, 0).uint(5, 1, 0, 0).contents([]uint64{64}).uint(1, 1, 1).str("f").fields(0).end())
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := heapdump.Parse(data)
		if err != nil {
			return
		}
		valid := func(b []byte, refs iter.Seq2[int, int]) {
			for offset, to := range refs {
				if at := d.Word(b, offset); at < d.Addr(to) || at-d.Addr(to) >= uint64(len(d.Bytes(to))) {
					t.Fatalf("%#x is not in object %d", at, to)
				}
			}
		}
		for i := range d.Len() {
			valid(d.Bytes(i), d.Refs(i))
			if found, ok := d.Find(d.Addr(i) + uint64(len(d.Bytes(i))) - 1); !ok || found != i {
				t.Fatalf("the end of object %d is in %d", i, found)
			}
			for offset := range d.Pointers(i) {
				d.Word(d.Bytes(i), offset)
			}
			d.Alloc(i)
		}
		for i := range d.Segments {
			valid(d.Segments[i].Bytes, d.SegmentRefs(&d.Segments[i]))
		}
		for _, g := range d.Goroutines {
			for i := range g.Frames {
				valid(g.Frames[i].Bytes, d.FrameRefs(&g.Frames[i]))
				valid(g.Frames[i].Bytes, d.FrameWords(&g.Frames[i]))
			}
		}
	})
}
