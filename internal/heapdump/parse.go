package heapdump

import (
	"bytes"
	"fmt"
	"math"
)

// The format is that of runtime/heapdump.go.
const header = "go1.7 heap dump\n"

const (
	tagEOF = iota
	tagObject
	tagOtherRoot
	tagType
	tagGoroutine
	tagStackFrame
	tagParams
	tagFinalizer
	tagItab
	tagOSThread
	tagMemStats
	tagQueuedFinalizer
	tagData
	tagBSS
	tagDefer
	tagPanic
	tagMemProf
	tagAllocSample
)

var records = [...]string{
	tagEOF: "the end", tagObject: "an object", tagOtherRoot: "a root", tagType: "a type", tagGoroutine: "a goroutine",
	tagStackFrame: "a stack frame", tagParams: "a parameters", tagFinalizer: "a finalizer", tagItab: "an itab",
	tagOSThread: "a thread", tagMemStats: "a memory statistics", tagQueuedFinalizer: "a queued finalizer",
	tagData: "a data segment", tagBSS: "a bss segment", tagDefer: "a deferred call", tagPanic: "a panic",
	tagMemProf: "a memory profile", tagAllocSample: "an allocation sample",
}

// memStats is the number of values in the record of memory statistics.
const memStats = 24 + 256 + 1

// Parse parses a dump. The result refers to data: contents of objects are not copied. If data is
// malformed or truncated, the error names the offset and the record.
func Parse(data []byte) (*Dump, error) {
	p := parser{
		Dump:      &Dump{data: data, Itabs: make(map[uint64]uint64), Types: make(map[uint64]Type)},
		data:      data,
		strings:   make(map[string]string),
		functions: make(map[string]string),
		buckets:   make(map[uint64]uint32),
	}
	if begin := data[:min(len(data), len(header))]; !bytes.HasPrefix([]byte(header), begin) {
		return nil, fmt.Errorf("heap dump: it begins with %q, a dump begins with %q", begin, header)
	} else if len(begin) < len(header) {
		return nil, fmt.Errorf("heap dump: truncated at offset %d in the header", len(data))
	}
	p.pos = len(header)
	for p.err == nil {
		p.tag = -1
		tag := p.uint()
		if p.err != nil {
			break
		}
		if tag >= uint64(len(records)) {
			p.malformed("unknown tag %d", tag)
			break
		}
		p.tag = int(tag)
		if p.PtrSize == 0 && tag != tagParams {
			p.malformed("no parameters before it")
			break
		}
		if tag == tagEOF {
			if p.pos < len(data) {
				p.malformed("more data after it")
			}
			p.index()
			break
		}
		p.parse()
	}
	if p.err != nil {
		return nil, p.err
	}
	return p.Dump, nil
}

func (p *parser) parse() {
	switch p.tag {
	case tagObject:
		p.object()
	case tagOtherRoot:
		p.Others = append(p.Others, Other{p.string(), p.uint()})
	case tagType:
		addr, size := p.uint(), p.uint()
		p.Types[addr] = Type{p.string(), size}
		p.skip(1) // always true
	case tagGoroutine:
		p.goroutine()
	case tagStackFrame:
		p.frame()
	case tagParams:
		p.params()
	case tagFinalizer, tagQueuedFinalizer:
		p.Finalizers = append(p.Finalizers, Finalizer{
			Object: p.uint(), Fn: p.uint(), PC: p.uint(), FnType: p.uint(), ObjectType: p.uint(),
			Queued: p.tag == tagQueuedFinalizer,
		})
	case tagItab:
		itab := p.uint()
		p.Itabs[itab] = p.uint()
	case tagOSThread:
		p.skip(3)
	case tagMemStats:
		p.skip(memStats)
	case tagData, tagBSS:
		name := "data"
		if p.tag == tagBSS {
			name = "bss"
		}
		addr, b, f := p.memory()
		p.Segments = append(p.Segments, Segment{name, addr, b, f})
	case tagDefer:
		p.deferred()
	case tagPanic:
		p.panicking()
	case tagMemProf:
		p.bucket()
	case tagAllocSample:
		p.sample()
	}
}

func (p *parser) skip(values int) {
	for range values {
		p.uint()
	}
}

func (p *parser) params() {
	p.BigEndian = p.bool()
	size := p.uint()
	if p.err == nil && size != 4 && size != 8 {
		p.malformed("pointers of %d bytes", size)
	}
	if p.PtrSize != 0 {
		p.malformed("it is the second one")
	}
	p.PtrSize = int(size)
	p.skip(2) // where the arenas begin and end
	p.Arch = p.string()
	p.GoVersion = p.string()
	p.skip(1) // the number of CPUs
}

func (p *parser) object() {
	addr := p.uint()
	record := p.pos
	size := uint64(len(p.bytes()))
	if size == 0 || size%sizeUnit != 0 || size/sizeUnit > math.MaxUint32 || addr > math.MaxUint64-size {
		p.malformed("the object at %#x has %d bytes", addr, size)
	}
	p.fields(size - uint64(p.PtrSize))
	if p.indexed {
		p.malformed("it is after the samples")
	}
	if p.err == nil {
		p.objects.add(addr, size, record)
	}
}

// index sorts the objects. There must be no others after it.
func (p *parser) index() {
	if p.indexed || p.err != nil {
		return
	}
	p.indexed = true
	table, overlap := p.objects.sorted()
	if overlap >= 0 {
		p.tag, p.pos = tagObject, overlap
		p.malformed("it overlaps another object, or the objects of a page are not in order")
	}
	p.table = table
	p.objects = unsorted{}
}
