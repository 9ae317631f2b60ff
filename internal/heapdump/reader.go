package heapdump

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/leakassert/leakassert/internal/goroutine"
)

// parser reads a dump. After an error it reads zeros.
type parser struct {
	*Dump
	data    []byte
	pos     int
	tag     int // of the record, or -1 before it is known
	err     error
	objects unsorted
	indexed bool

	strings, functions map[string]string
	buckets            map[uint64]uint32 // address of the bucket → index in allocs plus 1
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf(format, args...)
	}
	p.data, p.pos = nil, 0
}

// where says which record is being read.
func (p *parser) where() string {
	if p.tag < 0 {
		return "a tag"
	}
	return fmt.Sprintf("%s record (tag %d)", records[p.tag], p.tag)
}

func (p *parser) truncated() { p.fail("heap dump: truncated at offset %d in %s", p.pos, p.where()) }

func (p *parser) malformed(format string, args ...any) {
	p.fail("heap dump: malformed at offset %d in %s: %s", p.pos, p.where(), fmt.Sprintf(format, args...))
}

func (p *parser) uint() uint64 {
	if p.pos < len(p.data) {
		if b := p.data[p.pos]; b < 0x80 {
			p.pos++
			return uint64(b)
		}
	}
	return p.long()
}

func (p *parser) long() uint64 {
	v, n := binary.Uvarint(p.data[p.pos:])
	switch {
	case n == 0:
		p.truncated()
	case n < 0:
		p.malformed("a number of more than 64 bits")
	default:
		p.pos += n
	}
	return v
}

func (p *parser) bool() bool { return p.uint() != 0 }

// bytes reads a length and as many bytes.
func (p *parser) bytes() []byte {
	n := p.uint()
	if n > uint64(len(p.data)-p.pos) {
		p.truncated()
		return nil
	}
	end := p.pos + int(n)
	b := p.data[p.pos:end:end]
	p.pos = end
	return b
}

func (p *parser) string() string {
	b := p.bytes()
	s, ok := p.strings[string(b)]
	if !ok {
		s = string(b)
		p.strings[s] = s
	}
	return s
}

// function reads the name of a function and returns it as in [runtime.Frame].
func (p *parser) function() string {
	b := p.bytes()
	name, ok := p.functions[string(b)]
	if !ok {
		name = goroutine.Unescape(string(b))
		if i, j := strings.IndexByte(name, '['), strings.LastIndexByte(name, ']'); i >= 0 && i < j {
			name = name[:i] + "[...]" + name[j+1:]
		}
		p.functions[string(b)] = name
	}
	return name
}

// fields reads a list of fields. Every offset must be at most last.
func (p *parser) fields(last uint64) fields {
	begin := p.pos
	for p.pos < len(p.data) {
		kind := p.data[p.pos]
		if kind == fieldEnd {
			p.pos++
			return fields(p.data[begin:p.pos])
		}
		if kind != fieldPointer {
			p.malformed("unknown kind of field %d", kind)
			return nil
		}
		p.pos++
		if offset := p.uint(); offset > last {
			p.malformed("a pointer at %d, outside of the contents", offset)
			return nil
		}
	}
	p.truncated()
	return nil
}

// memory reads an address, contents and fields.
func (p *parser) memory() (addr uint64, b []byte, f fields) {
	addr = p.uint()
	b = p.bytes()
	if addr > math.MaxUint64-uint64(len(b)) {
		p.malformed("the contents of %#x are %d bytes", addr, len(b))
	}
	return addr, b, p.fields(p.last(b))
}

// last returns the offset of the last word.
func (p *parser) last(b []byte) uint64 { return uint64(max(0, len(b)-p.PtrSize)) }
