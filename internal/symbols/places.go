package symbols

import (
	"debug/elf"
	"encoding/binary"
	"sync"
)

// places reads where variables are. It knows what the compiler of Go writes on Linux: frames end at the
// canonical frame address, and lists begin with the address of the function.
type places struct {
	order       binary.ByteOrder
	pointerSize int
	// The location lists of DWARF 5 and 4, and the addresses that the former refer to.
	lists, oldLists, addresses func() []byte
}

func newPlaces(file *elf.File) places {
	lazy := func(name string) func() []byte { return sync.OnceValue(func() []byte { return section(file, name) }) }
	p := places{order: file.ByteOrder, pointerSize: 8, lists: lazy(".debug_loclists"), oldLists: lazy(".debug_loc"), addresses: lazy(".debug_addr")}
	if file.Class == elf.ELFCLASS32 {
		p.pointerSize = 4
	}
	return p
}

// listed calls yield for the expressions of a location list and the instructions that they are for.
func (p places) listed(u *unit, offset uint64, yield func(begin, end uint64, expr []byte)) {
	if u.version < 5 {
		p.listedBefore5(offset, yield)
		return
	}
	const baseAddressx, offsetPair = 1, 4
	c := cursor{p.order, p.lists(), false}
	c.take(offset)
	var base uint64
	for {
		switch c.number(1) {
		case baseAddressx:
			address := cursor{p.order, p.addresses(), false}
			address.take(u.addrBase + c.uleb()*uint64(p.pointerSize))
			base = address.number(p.pointerSize)
		case offsetPair:
			begin, end := base+c.uleb(), base+c.uleb()
			yield(begin, end, c.take(c.uleb()))
		default: // the end
			return
		}
	}
}

func (p places) listedBefore5(offset uint64, yield func(begin, end uint64, expr []byte)) {
	c := cursor{p.order, p.oldLists(), false}
	c.take(offset)
	isBase := ^uint64(0) >> (64 - 8*p.pointerSize)
	var base uint64
	for {
		begin, end := c.number(p.pointerSize), c.number(p.pointerSize)
		if begin == isBase {
			base = end
			continue
		}
		if begin == 0 && end == 0 {
			return
		}
		yield(base+begin, base+end, c.take(c.number(2)))
	}
}

// Operations of location expressions.
const (
	opReg0         = 0x50
	opReg31        = 0x6f
	opRegx         = 0x90
	opFbreg        = 0x91
	opPiece        = 0x93
	opCallFrameCFA = 0x9c
)

// A location is where an expression says that a variable is.
type location struct {
	parts     []piece
	pieces    bool // the expression has pieces, else one part that may be the whole variable
	registers bool // a part is in a register
}

// A piece is a part of a variable. Its address is from the end of the frame.
type piece struct {
	addr    uint64
	size    uint64 // 0 if the expression has no pieces
	onStack bool
}

// location reads an expression. ok is false if it has operations that the compiler does not write.
func (p places) location(expr []byte) (l location, ok bool) {
	c := cursor{p.order, expr, false}
	var next piece
	for len(c.rest) > 0 {
		switch op := c.number(1); {
		case op == opCallFrameCFA:
			next = piece{onStack: true}
		case op == opFbreg:
			next = piece{addr: uint64(c.sleb()), onStack: true}
		case op == opPiece: // without a place before it, the part is nowhere
			next.size, l.pieces = c.uleb(), true
			l.parts, next = append(l.parts, next), piece{}
		case op == opRegx:
			c.uleb()
			l.registers = true
		case op >= opReg0 && op <= opReg31:
			l.registers = true
		default:
			return location{}, false
		}
	}
	if !l.pieces {
		l.parts = append(l.parts, next)
	}
	return l, !c.failed
}

// A cursor reads the bytes of a section. Past the end it reads zeros.
type cursor struct {
	order  binary.ByteOrder
	rest   []byte
	failed bool
}

func (c *cursor) take(n uint64) (b []byte) {
	if n > uint64(len(c.rest)) {
		c.rest, c.failed = nil, true
		return nil
	}
	b, c.rest = c.rest[:n], c.rest[n:]
	return b
}

// number reads a number of 1, 2, 4 or 8 bytes.
func (c *cursor) number(size int) uint64 {
	b := c.take(uint64(size))
	switch len(b) {
	case 1:
		return uint64(b[0])
	case 2:
		return uint64(c.order.Uint16(b))
	case 4:
		return uint64(c.order.Uint32(b))
	case 8:
		return c.order.Uint64(b)
	}
	return 0
}

// uleb and sleb read numbers of 7 bits a byte.
func (c *cursor) uleb() uint64 {
	n, _ := c.leb()
	return n
}

func (c *cursor) sleb() int64 {
	n, bits := c.leb()
	shift := max(64-int(bits), 0)
	return int64(n<<shift) >> shift
}

func (c *cursor) leb() (n uint64, bits uint) {
	for {
		b := c.number(1)
		n |= b & 0x7f << bits
		bits += 7
		if b&0x80 == 0 {
			return n, bits
		}
	}
}
