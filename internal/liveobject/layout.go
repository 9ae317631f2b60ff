package liveobject

import (
	"errors"
	"iter"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"unsafe"

	"github.com/leakassert/leakassert/internal/heapobject"
	"github.com/leakassert/leakassert/internal/procstate"
)

// A layout says where the runtime keeps its spans, and where in a span its start and the list of
// its objects' records are. Nothing guarantees that. The layout is measured with objects for which
// it is known, and used only if it fits each of them.
type layout struct {
	spans    uintptr // the address of the slice of all spans
	start    uintptr // offsets in a span
	attached uintptr
	profiled byte // the kind of record that the memory profile attaches
}

// Objects have a list of records attached, and a record's bucket has the allocation stack. Offsets
// are in words.
const (
	recordNext   = 0 * wordSize
	recordOffset = 1 * wordSize // of the object in its span
	recordKind   = 2 * wordSize // a byte
	recordBucket = 3 * wordSize

	bucketSize  = 4 * wordSize
	bucketDepth = 5 * wordSize
	bucketStack = 6 * wordSize
)

const (
	page      = 1 << 12
	spanWords = 40 // how many words of a span are searched for the offsets
	deepest   = 1 << 12
	// mostRecords limits a list that changes while it is read. A span has at most that many
	// objects of 8 bytes, with a few records each.
	mostRecords = 1 << 16
)

var measured = sync.OnceValues(measure)

var (
	errUnknown = errors.New("this version of Go is not known to keep them as expected")
	errWords   = errors.New("they are read where a word has 64 bits, its lowest byte first, and not on " + runtime.GOARCH)
)

// A specimen is an object about which everything is known.
type specimen struct{ base, span, size uintptr }

// specimens have sizes with spans of their own. None is the first object of its span.
//
//go:noinline
func specimens() (known [3]specimen, keep []any) {
	for range 2 {
		a, b, c := new([37]uintptr), new([71]uintptr), new([150]uintptr)
		keep = append(keep, a, b, c)
		known = [...]specimen{specimenOf(a), specimenOf(b), specimenOf(c)}
	}
	return known, keep
}

func specimenOf[T any](object *T) specimen {
	base, span := heapobject.Span(unsafe.Pointer(object))
	return specimen{base, span, unsafe.Sizeof(*object)}
}

// wordsKnown reports whether a word has 64 bits and its lowest byte comes first. What reads the runtime's
// records assumes both.
func wordsKnown() bool {
	one := uintptr(1)
	return wordSize == 8 && *(*byte)(unsafe.Pointer(&one)) == 1
}

func measure() (l layout, err error) {
	if !wordsKnown() {
		return l, errWords
	}
	release := procstate.RecordAllocations()
	known, keep := specimens()
	release()
	found := guarded(func() {
		l.start = offset(known, l.startsAt)
		l.attached = offset(known, l.attachedAt)
		l.spans = l.find(known)
	})
	runtime.KeepAlive(keep)
	if !found {
		return l, errUnknown
	}
	return l, nil
}

// offset returns the first offset in a span, after its beginning, for which is returns true for
// each specimen. Later ones may belong to the next span. It panics if there is none.
func offset(known [3]specimen, is func(specimen, uintptr) bool) uintptr {
	for at := uintptr(wordSize); at < spanWords*wordSize; at += wordSize {
		if is(known[0], at) && is(known[1], at) && is(known[2], at) {
			return at
		}
	}
	panic(errUnknown)
}

func (l *layout) startsAt(s specimen, at uintptr) bool {
	const most = 1 << 22
	start := word(s.span + at)
	return start != 0 && start%page == 0 && start <= s.base && s.base-start < most
}

// attachedAt reports whether the list of records begins at an offset. It does if it has the
// specimen with its allocation stack.
func (l *layout) attachedAt(s specimen, at uintptr) (ok bool) {
	guarded(func() {
		for record := range records(word(s.span + at)) {
			if word(record+recordOffset) == s.base-word(s.span+l.start) && allocates(word(record+recordBucket), s) {
				kind := byte(word(record + recordKind))
				ok, l.profiled = l.profiled == 0 || l.profiled == kind, kind
				return
			}
		}
	})
	return ok
}

// records yields the records of a list, beginning with first.
func records(first uintptr) iter.Seq[uintptr] {
	return func(yield func(uintptr) bool) {
		record := first
		for n := 0; record != 0 && n < mostRecords && yield(record); n++ {
			record = word(record + recordNext)
		}
	}
}

// allocates reports whether a bucket belongs to a specimen.
func allocates(bucket uintptr, s specimen) (ok bool) {
	guarded(func() {
		size := word(bucket + bucketSize)
		ok = s.size <= size && size <= 2*s.size && slices.ContainsFunc(stack(bucket), func(pc uintptr) bool {
			f := runtime.FuncForPC(pc - 1)
			return f != nil && f.Entry() == reflect.ValueOf(specimens).Pointer()
		})
	})
	return ok
}

// stack returns the stack of a bucket, nil if it can't be one.
func stack(bucket uintptr) []uintptr {
	depth := word(bucket + bucketDepth)
	if depth == 0 || depth > deepest {
		return nil
	}
	return words(bucket+bucketStack, depth*wordSize)
}

// find looks for the slice of all spans among the runtime's variables, beginning with a variable
// that is initialised. If there is none, it panics at the end of the variables.
func (l *layout) find(known [3]specimen) uintptr {
	most := mostSpans()
	at := uintptr(unsafe.Pointer(&runtime.MemProfileRate)) &^ (wordSize - 1)
	for ; ; at += wordSize {
		array, length, capacity := word(at), word(at+wordSize), word(at+2*wordSize)
		if array == 0 || array%page != 0 || length == 0 || length > most || length > capacity || capacity > 2*most+4*page {
			continue
		}
		seen := 0
		guarded(func() {
			for i := range length {
				if span := word(array + i*wordSize); span == known[0].span || span == known[1].span || span == known[2].span {
					seen++
				}
			}
		})
		if seen == len(known) {
			return at
		}
	}
}

// mostSpans returns an upper bound for the number of spans, from the memory of their records.
func mostSpans() uintptr {
	const least = 100 // bytes of one
	bytes := procstate.Metric("/memory/classes/metadata/mspan/inuse:bytes") + procstate.Metric("/memory/classes/metadata/mspan/free:bytes")
	return 1<<10 + uintptr(bytes/least)
}
