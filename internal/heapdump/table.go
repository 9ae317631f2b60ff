package heapdump

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
	"sort"
)

// table has the objects by address, in three parallel slices: some 20 bytes an object.
type table struct {
	addrs   []uint64
	records []int    // where in the dump the size, the contents and the fields are
	words   []uint32 // the size in units of sizeUnit
	// blocks has the pages that an object is in, by number. A map of all pages would be too large for the
	// processor's caches.
	blocks map[uint64]*block
}

// block has the pages of 1 MiB; n is 0 for those that no object is in.
type block [1 << (blockShift - pageShift)]page

const (
	sizeUnit  = 8  // divides the size of every object
	pageShift = 13 // a page has objects of one span only

	blockShift = 20
)

// page finds the objects of a page. For most addresses it does so without a read of the slices,
// which are too large for the processor's caches.
type page struct {
	addr    uint64 // address of the first object that is in the page
	first   int    // number of that object
	unit    uint32 // its size in units of sizeUnit
	gapless uint32 // objects of that size from first on that follow one another without a gap
	n       uint32 // objects that are in the page, at least in part
}

// Len returns the number of objects. They are numbered by address.
func (d *Dump) Len() int { return len(d.table.addrs) }

func (d *Dump) Addr(i int) uint64 { return d.table.addrs[i] }

// Bytes returns the contents of object i, the whole slot.
func (d *Dump) Bytes(i int) []byte {
	b, _ := d.record(i)
	return b
}

func (d *Dump) record(i int) ([]byte, fields) {
	rest := d.data[d.table.records[i]:]
	size, n := binary.Uvarint(rest)
	end := n + int(size)
	return rest[n:end:end], fields(rest[end:])
}

// Find returns the object that contains the address.
func (d *Dump) Find(addr uint64) (i int, ok bool) {
	t := &d.table
	b := t.blocks[addr>>blockShift]
	if b == nil {
		return 0, false
	}
	p := b.page(addr >> pageShift)
	if p.n == 0 || addr < p.addr {
		return 0, false
	}
	if k := (addr - p.addr) / (uint64(p.unit) * sizeUnit); k < uint64(p.gapless) {
		return p.first + int(k), true
	}
	addrs := t.addrs[p.first : p.first+int(p.n)]
	i = p.first + sort.Search(len(addrs), func(i int) bool { return addrs[i] > addr }) - 1
	return i, addr-t.addrs[i] < t.size(i)
}

func (b *block) page(number uint64) *page { return &b[number%uint64(len(b))] }

func (t *table) size(i int) uint64 { return uint64(t.words[i]) * sizeUnit }

// unsorted holds the objects in the order of the dump: span by span, in a span by address. It keeps
// them in chunks, because a slice that grows leaves garbage behind.
type unsorted struct {
	chunks []*chunk
	runs   []run
	next   uint64 // the end of the last object
}

const chunkSize = 1 << 14

type chunk struct {
	n       int
	addrs   [chunkSize]uint64
	records [chunkSize]int
	words   [chunkSize]uint32
}

// run is a sequence of objects of one page in a chunk.
type run struct {
	addr  uint64
	chunk int32
	first int32
	n     int32
}

func (u *unsorted) add(addr, size uint64, record int) {
	if len(u.chunks) == 0 || u.chunks[len(u.chunks)-1].n == chunkSize {
		u.chunks = append(u.chunks, new(chunk))
		u.next = 0
	}
	at := len(u.chunks) - 1
	c := u.chunks[at]
	if r := len(u.runs) - 1; u.next == 0 || addr < u.next || u.runs[r].addr>>pageShift != addr>>pageShift {
		u.runs = append(u.runs, run{addr: addr, chunk: int32(at), first: int32(c.n)})
	}
	u.runs[len(u.runs)-1].n++
	c.addrs[c.n], c.records[c.n], c.words[c.n] = addr, record, uint32(size/sizeUnit)
	c.n++
	u.next = addr + size
}

// sorted returns the table. If an object overlaps the one before it, sorted returns the offset of its
// record, otherwise -1.
func (u *unsorted) sorted() (t table, overlap int) {
	slices.SortFunc(u.runs, func(a, b run) int { return cmp.Compare(a.addr, b.addr) })
	n := 0
	for _, r := range u.runs {
		n += int(r.n)
	}
	t = table{make([]uint64, 0, n), make([]int, 0, n), make([]uint32, 0, n), make(map[uint64]*block)}
	for _, r := range u.runs {
		c, end := u.chunks[r.chunk], r.first+r.n
		t.addrs = append(t.addrs, c.addrs[r.first:end]...)
		t.records = append(t.records, c.records[r.first:end]...)
		t.words = append(t.words, c.words[r.first:end]...)
	}
	return t, t.index()
}

// index fills blocks, from the last object to the first.
func (t *table) index() (overlap int) {
	var gapless uint32
	within, last := uint64(math.MaxUint64), 0 // a page, and the last object in it
	for i := len(t.addrs) - 1; i >= 0; i-- {
		addr, end := t.addrs[i], t.addrs[i]+t.size(i)
		switch next := i + 1; {
		case next < len(t.addrs) && t.addrs[next] < end:
			return t.records[next]
		case next < len(t.addrs) && t.addrs[next] == end && t.words[next] == t.words[i]:
			gapless++
		default:
			gapless = 1
		}
		first, final := addr>>pageShift, (end-1)>>pageShift
		if final != within {
			within, last = final, i
		}
		begin := first // the first page that no object before i is in
		if i > 0 {
			begin = max(begin, (t.addrs[i-1]+t.size(i-1)-1)>>pageShift+1)
		}
		for number := begin; number <= final; number++ {
			p := page{addr, i, t.words[i], gapless, 1}
			if number == within {
				p.n = uint32(last-i) + 1
			}
			of := number >> (blockShift - pageShift)
			if t.blocks[of] == nil {
				t.blocks[of] = new(block)
			}
			*t.blocks[of].page(number) = p
		}
		if first != within {
			within, last = first, i
		}
	}
	return -1
}
