package liveobject

import (
	"errors"
	"fmt"
	"runtime"
	"sync"
	"unsafe"
)

// Cleanups says where the runtime keeps the cleanups that are set: see [runtime.AddCleanup]. Spans
// is the address of the slice of all spans. The other fields are offsets in bytes. A span has at
// Start the address of its first object, and at Attached that of the first record of an object. A
// record has at Next the address of the next one, at Offset its object's place in the span, and at
// Kind a byte. If that is Cleanup, it has three addresses more: of the function that the runtime
// calls, of the program's function, and of the argument.
type Cleanups struct {
	Spans, Start, Attached uintptr
	Next, Offset, Kind     uintptr
	Call, Fn, Arg          uintptr
	Cleanup                byte
}

var measuredCleanups = sync.OnceValues(measureCleanups)

// FindCleanups finds out where cleanups are. The error says that this version of Go keeps them in
// another way.
func FindCleanups() (Cleanups, error) {
	c, err := measuredCleanups()
	if err != nil {
		return c, fmt.Errorf("the runtime's records of cleanups are not found: %w", err)
	}
	return c, nil
}

// measureCleanups attaches cleanups to objects, and searches their records for what it knows.
func measureCleanups() (c Cleanups, err error) {
	l, err := measured()
	if err != nil {
		return c, err
	}
	c = Cleanups{
		Spans: l.spans, Start: l.start, Attached: l.attached,
		Next: recordNext, Offset: recordOffset, Kind: recordKind,
	}
	known, keep := specimens()
	for i, s := range known {
		arg := new([5]uintptr)
		fn := func(*[5]uintptr) { runtime.KeepAlive(keep) }
		var set runtime.Cleanup
		switch object := keep[3+i].(type) { // specimens returns the last three
		case *[37]uintptr:
			set = runtime.AddCleanup(object, fn, arg)
		case *[71]uintptr:
			set = runtime.AddCleanup(object, fn, arg)
		case *[150]uintptr:
			set = runtime.AddCleanup(object, fn, arg)
		}
		ok := c.measure(l, s, *(*uintptr)(unsafe.Pointer(&fn)), uintptr(unsafe.Pointer(arg)), i == 0)
		set.Stop()
		runtime.KeepAlive(arg)
		if !ok {
			return c, errUnknown
		}
	}
	runtime.KeepAlive(keep)
	return c, nil
}

// measure finds the record of a specimen's cleanup, and where in it the function and the argument
// are. If it is not the first one, they must be where they were found before.
func (c *Cleanups) measure(l layout, s specimen, fn, arg uintptr, first bool) (found bool) {
	const words = 7 // of the record
	guarded(func() {
		for record := range records(word(s.span + l.attached)) {
			kind := byte(word(record + recordKind))
			if word(record+recordOffset) != s.base-word(s.span+l.start) || kind == l.profiled {
				continue
			}
			is := Cleanups{}
			for at := uintptr(3 * wordSize); at < words*wordSize; at += wordSize {
				switch w := word(record + at); {
				case w == fn:
					is.Fn = at
				case is.Fn != 0 && is.Arg == 0 && pointsTo(w, arg):
					is.Arg = at
				case is.Fn == 0 && is.Call == 0:
					is.Call = at
				}
			}
			if is.Fn == 0 || is.Arg == 0 || is.Call == 0 {
				continue
			}
			if !first && (is.Fn != c.Fn || is.Arg != c.Arg || is.Call != c.Call || kind != c.Cleanup) {
				panic(errors.New("in another place"))
			}
			c.Fn, c.Arg, c.Call, c.Cleanup = is.Fn, is.Arg, is.Call, kind
			found = true
			return
		}
	})
	return found
}

// pointsTo reports whether a word is the address of a word with a value.
func pointsTo(w, value uintptr) (does bool) {
	if w%wordSize == 0 && w >= page {
		guarded(func() { does = word(w) == value })
	}
	return does
}
