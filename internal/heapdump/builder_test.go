package heapdump_test

import (
	"encoding/binary"
)

// builder writes a dump, record by record, as the runtime does.
type builder []byte

const header = "go1.7 heap dump\n"

func newBuilder() *builder {
	b := builder(header)
	return b.uint(6, 0, 8, 0xc000000000, 0xc004000000).str("amd64").str("go1.26.8").uint(2)
}

func (b *builder) uint(values ...uint64) *builder {
	for _, v := range values {
		*b = binary.AppendUvarint(*b, v)
	}
	return b
}

func (b *builder) str(s string) *builder {
	b.uint(uint64(len(s)))
	*b = append(*b, s...)
	return b
}

// words writes contents, and the fields at the offsets.
func (b *builder) words(contents []uint64, offsets ...uint64) *builder {
	return b.contents(contents).fields(offsets...)
}

func (b *builder) contents(contents []uint64) *builder {
	b.uint(uint64(8 * len(contents)))
	for _, word := range contents {
		*b = binary.LittleEndian.AppendUint64(*b, word)
	}
	return b
}

func (b *builder) fields(offsets ...uint64) *builder {
	for _, offset := range offsets {
		b.uint(1, offset)
	}
	return b.uint(0)
}

func (b *builder) object(addr uint64, contents []uint64, offsets ...uint64) *builder {
	return b.uint(1, addr).words(contents, offsets...)
}

func (b *builder) end() []byte { return b.uint(0).bytes() }

func (b *builder) bytes() []byte { return *b }

// all has a record of every kind.
func all() []byte {
	const g, g2 = 0xc000004000, 0xc000004200
	b := newBuilder()
	b.uint(3, 0x500000, 24).str("net/http.Client").uint(1)
	b.uint(8, 0x600000, 0x500000)
	b.object(0xc000002010, []uint64{0xc000000018, 7}, 0, 8)
	b.object(0xc000002000, []uint64{1, 2})
	b.object(0xc000000000, []uint64{0, 0xc000002018, 0x123}, 0, 8)
	b.object(0xc000000018, []uint64{0, 0, 0})
	b.object(g, make([]uint64, 16))
	b.uint(2).str("a root").uint(0xc000000000)
	b.uint(4, g, 0xc0000100, 7, 0x401000, 4, 0, 0, 99).str("chan receive").uint(0xc000002000, 0, 0, 0)
	b.uint(5, 0xc000010000, 0, 0).contents([]uint64{0xc000002001, 0xc000000000}).uint(0x400000, 0x400010, 0x400010).str("example.com/a%2eb.wait").fields(0, 4096)
	b.uint(5, 0xc000010010, 1, 0xc000010000).contents([]uint64{5}).uint(0x402000, 0x402010, 0).str("a.F[go.shape.int].func1").fields()
	b.uint(14, 0xc000004100, g, 0, 0, 0xc000002000, 0x403000, 0)
	b.uint(15, 0xc000004180, g, 0x500000, 0xc000002010, 0, 0)
	b.uint(4, g2, 0xc0000200, 8, 0x401000, 1, 1, 0, 0).str("").uint(0, 0, 0, 0)
	for _, f := range []string{"runtime.asyncPreempt", "a.spin", "a.main"} {
		b.uint(5, 0xc000020000, 0, 0).contents([]uint64{3, 0xc000000020}).uint(0x404000, 0x404010, 0x404010).str(f).fields()
	}
	b.uint(9, 0x700000, 0, 1234)
	b.uint(12, 0x800000).words([]uint64{0, 0xc000000000, 0xc000002018}, 8, 16)
	b.uint(13, 0x801000).words([]uint64{0xc000004008}, 0)
	b.uint(7, 0xc000000000, 0xc000002000, 0x403000, 0x500000, 0x500040)
	b.uint(11, 0xc000000018, 0xc000002010, 0x403001, 0x500001, 0x500041)
	b.uint(10)
	b.uint(make([]uint64, 281)...)
	b.uint(16, 0x900000, 24, 2).str("a%2eb.make").str("/a%2eb/a.go").uint(12).str("main.main").str("/m.go").uint(1<<20, 10, 8)
	b.uint(17, 0xc000000004, 0x900000)
	b.uint(17, 0xc000000018, 0x900000)
	b.uint(17, 0xc000009000, 0x900000)
	return b.end()
}
