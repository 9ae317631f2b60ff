// Package heapdump takes a heap dump of the running process and parses it to a graph of objects.
//
// The runtime's dumper stops the world for the whole dump, and crashes the process if a goroutine is
// leaving a system call at that moment. So a forked child takes the dump: it has a copy-on-write
// image of the process, and nothing that happens to it happens to the process.
package heapdump

import (
	"encoding/binary"
	"iter"
)

// Dump is a heap dump. The result of Bytes and the Bytes fields refer to its memory, which is valid
// until Close.
//
// A dump does not show everything that keeps an object alive. The pointers in stack variables whose
// address has been taken are missing: see [Dump.FrameWords].
type Dump struct {
	PtrSize    int
	BigEndian  bool
	GoVersion  string
	Arch       string
	Segments   []Segment // data and bss, which hold the package variables
	Goroutines []Goroutine
	Finalizers []Finalizer // those set and those queued
	Others     []Other     // other roots
	// Cleanups are those that are set: see [runtime.AddCleanup]. The runtime's dumper leaves them out,
	// and Parse knows none. CleanupsKnown says that they are all, and that none was queued to run.
	Cleanups      []Cleanup
	CleanupsKnown bool
	Itabs         map[uint64]uint64 // address of the itab → address of the type
	Types         map[uint64]Type   // by address; only those with an itab are in a dump

	data   []byte
	unmap  func() error
	table  table
	allocs []Alloc
	// allocOf has for each object the index in allocs plus 1, or 0 if it was not recorded. It is
	// nil if no object was.
	allocOf []uint32
}

type Type struct {
	// Name has the full import path if the type is declared. For a pointer with methods it is only
	// the import path and a dot.
	Name string
	Size uint64
}

type Segment struct {
	Name   string // data or bss
	Addr   uint64
	Bytes  []byte
	fields fields
}

type Goroutine struct {
	Addr, ID  uint64 // Addr is that of the runtime's g, an object
	Status    uint64
	Waiting   string // why it waits, if it does
	WaitSince uint64 // nanoseconds of the runtime's clock, or 0
	System    bool
	CreatedBy uint64   // the program counter of the go statement
	Context   uint64   // the closure that it is about to run, or 0
	Deferred  []uint64 // the closures of deferred calls, the next to run first
	Records   []uint64 // the runtime's records of deferred calls, in the heap or on the stack; one may lead to more
	Panics    []uint64 // the data words of the values panicked with, innermost first
	Frames    []Frame  // innermost first
}

type Frame struct {
	Func          string // as in [runtime.Frame], but never of an inlined call
	SP, Entry, PC uint64
	Dead          bool   // the function will not continue, so the collector ignores its frame
	Bytes         []byte // from SP to the canonical frame address
	// Conservative is true if the goroutine was preempted at an instruction without a pointer map.
	// The collector then treats each word of the frame as a pointer, and so does FrameRefs.
	Conservative bool
	fields       fields
}

type Finalizer struct {
	Object, Fn, PC     uint64 // PC is the entry of the function, Fn its closure
	FnType, ObjectType uint64 // FnType is that of the parameter, ObjectType that of the pointer
	Queued             bool
}

// A Cleanup keeps Fn and Arg alive until it has run, and Call, the runtime's function that calls Fn.
type Cleanup struct {
	Object, Call, Fn uint64 // closures, but for Object
	Arg              uint64 // the address of a copy of the argument
}

type Other struct {
	Name    string
	Pointer uint64
}

// Alloc is a stack that has allocated. Objects allocated there with the same size share one *Alloc.
type Alloc struct {
	Bucket              uint64 // its address in the runtime
	Size, Allocs, Frees uint64
	Frames              []AllocFrame // innermost first
}

// AllocFrame is a call of a function. If other calls are inlined in it, File and Line are those of
// the innermost one, but Func is not.
type AllocFrame struct {
	Func, File string
	Line       int
}

// Close releases the memory of the dump. Its bytes must not be used any more.
func (d *Dump) Close() error {
	unmap := d.unmap
	d.data, d.unmap = nil, nil
	if unmap == nil {
		return nil
	}
	return unmap()
}

// Word returns the pointer-sized word at an offset of b.
func (d *Dump) Word(b []byte, offset int) uint64 {
	b = b[offset : offset+d.PtrSize]
	switch {
	case d.PtrSize == 8 && d.BigEndian:
		return binary.BigEndian.Uint64(b)
	case d.PtrSize == 8:
		return binary.LittleEndian.Uint64(b)
	case d.BigEndian:
		return uint64(binary.BigEndian.Uint32(b))
	default:
		return uint64(binary.LittleEndian.Uint32(b))
	}
}

// Pointers yields the offsets of the pointer fields of object i. An object of more than 512 bytes
// with pointers begins with the address of its type, which is not one of them.
func (d *Dump) Pointers(i int) iter.Seq[int] {
	return func(yield func(offset int) bool) {
		b, f := d.record(i)
		for offset, ok := f.next(len(b) - d.PtrSize); ok && yield(offset); offset, ok = f.next(len(b) - d.PtrSize) {
		}
	}
}

// Refs yields the offset of each pointer field of object i that points into an object, and that
// object.
func (d *Dump) Refs(i int) iter.Seq2[int, int] {
	return func(yield func(offset, object int) bool) {
		b, f := d.record(i)
		d.refs(b, f, yield)
	}
}

// SegmentRefs yields the offset of each pointer in s that points into an object, and that object.
func (d *Dump) SegmentRefs(s *Segment) iter.Seq2[int, int] {
	return func(yield func(offset, object int) bool) { d.refs(s.Bytes, s.fields, yield) }
}

// FrameRefs yields the offset of each live pointer of f that points into an object, and that object.
// The caller's frame holds the arguments of a call, even those passed in registers.
func (d *Dump) FrameRefs(f *Frame) iter.Seq2[int, int] {
	if f.Conservative {
		return d.FrameWords(f)
	}
	return func(yield func(offset, object int) bool) { d.refs(f.Bytes, f.fields, yield) }
}

// FrameWords yields the offset of each word of f that points into an object, and that object. It finds
// variables whose address has been taken, which FrameRefs does not. It also finds what dead variables
// have left behind.
func (d *Dump) FrameWords(f *Frame) iter.Seq2[int, int] {
	return func(yield func(offset, object int) bool) {
		for offset := 0; offset+d.PtrSize <= len(f.Bytes); offset += d.PtrSize {
			if i, ok := d.Find(d.Word(f.Bytes, offset)); ok && !yield(offset, i) {
				return
			}
		}
	}
}

func (d *Dump) refs(b []byte, f fields, yield func(offset, object int) bool) {
	for {
		offset, ok := f.next(len(b) - d.PtrSize)
		if !ok {
			return
		}
		if i, ok := d.Find(d.Word(b, offset)); ok && !yield(offset, i) {
			return
		}
	}
}

// FramePointers yields the offset of each live pointer of f, whatever it points at.
func (d *Dump) FramePointers(f *Frame) iter.Seq[int] { return d.offsets(f.Bytes, f.fields) }

// SegmentPointers yields the offset of each pointer in s, whatever it points at.
func (d *Dump) SegmentPointers(s *Segment) iter.Seq[int] { return d.offsets(s.Bytes, s.fields) }

func (d *Dump) offsets(b []byte, f fields) iter.Seq[int] {
	return func(yield func(offset int) bool) {
		for rest := f; ; {
			offset, ok := rest.next(len(b) - d.PtrSize)
			if !ok || !yield(offset) {
				return
			}
		}
	}
}

// Alloc returns the stack that allocated object i, if it was allocated while every allocation was
// recorded: see [runtime.MemProfileRate].
func (d *Dump) Alloc(i int) (*Alloc, bool) {
	if d.allocOf == nil || d.allocOf[i] == 0 {
		return nil, false
	}
	return &d.allocs[d.allocOf[i]-1], true
}

// fields is a list of pointer fields in the format of the dump: for each a byte fieldPointer and the
// offset, then a byte fieldEnd. Any bytes after that are not part of the list.
type fields []byte

const (
	fieldEnd     = 0
	fieldPointer = 1
)

// next removes and returns the next offset. It skips offsets greater than last, which frames of
// assembly functions may have.
func (f *fields) next(last int) (offset int, ok bool) {
	for rest := *f; len(rest) > 0 && rest[0] != fieldEnd; {
		offset, n := binary.Uvarint(rest[1:])
		rest = rest[1+n:]
		if last >= 0 && offset <= uint64(last) {
			*f = rest
			return int(offset), true
		}
	}
	return 0, false
}
