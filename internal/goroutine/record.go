package goroutine

import (
	"bytes"
	"iter"
)

const headerPrefix = "goroutine "

// Record is one goroutine of a dump, cut out but not yet parsed. It points
// into the dump and is valid for as long as the dump's bytes are.
type Record struct {
	id     uint64
	text   []byte
	header int // length of the first line
}

// Records cuts dump into goroutines, in the order of the dump. What is not a
// goroutine is passed over, such as the message in front of a crash's stacks
// or the registers after them. A dump that was cut short yields the goroutines
// whose id can be read, the last of them as far as it goes.
func Records(dump []byte) iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for rest := skipToHeader(dump); len(rest) > 0; rest = skipToHeader(rest) {
			// Neither names, paths nor labels hold a raw newline, so the first
			// empty line ends the goroutine, whatever they contain.
			text := rest
			if i := bytes.Index(rest, []byte("\n\n")); i >= 0 {
				text, rest = rest[:i+1], rest[i:]
			} else {
				rest = nil
			}

			r := Record{text: text, header: len(text)}
			if i := bytes.IndexByte(text, '\n'); i >= 0 {
				r.header = i
			}
			r.id, _, _ = scanID(text)
			if !yield(r) {
				return
			}
		}
	}
}

// skipToHeader returns text from its first header on; nothing when there is none.
func skipToHeader(text []byte) []byte {
	if _, _, ok := scanID(text); ok {
		return text
	}
	for {
		i := bytes.Index(text, []byte("\n\n"+headerPrefix))
		if i < 0 {
			return nil
		}
		text = text[i+2:]
		if _, _, ok := scanID(text); ok {
			return text
		}
	}
}

// ID is the goroutine's id.
func (r Record) ID() uint64 { return r.id }

// Text is the goroutine's part of the dump, with the newline that ends its
// last line and without the empty line that divides it from the next.
func (r Record) Text() []byte { return r.text }

// Label returns the value of a pprof label. It allocates nothing but the value
// that it returns.
func (r Record) Label(key string) (value string, ok bool) {
	v, ok := r.label(key)
	if !ok {
		return "", false
	}
	return v.text(), true
}

// HasLabel reports whether there is a pprof label of the key, and whether its
// value is value. It allocates nothing.
func (r Record) HasLabel(key, value string) (ok, equal bool) {
	v, ok := r.label(key)
	return ok, ok && v.equal(value)
}

func (r Record) label(key string) (value token, ok bool) {
	h, err := scanHeader(r.text[:r.header])
	if err != nil {
		return token{}, false
	}
	for rest := h.labels; ; {
		var k, v token
		if k, v, rest, ok = nextLabel(rest); !ok {
			return token{}, false
		}
		if k.equal(key) {
			return v, true
		}
	}
}

// Creator is the id of the goroutine that started this one, 0 when it was not
// printed.
func (r Record) Creator() uint64 {
	_, created := splitStack(r.text[r.header:])
	line, _, whole := bytes.Cut(created, []byte("\n"))
	if !whole {
		return 0 // cut short, perhaps within the number
	}
	_, id := splitCreator(line)
	return id
}
