package goroutine

import (
	"bytes"
	"errors"
	"math"
)

var (
	errNoHeader   = errors.New(`header is not "goroutine N [state]:"`)
	errCutHeader  = errors.New("header is cut short")
	errHeaderTail = errors.New("header goes on where it should end")
	errBadLabels  = errors.New("labels cannot be read")
)

// header is the first line of a goroutine, in pieces of it.
type header struct {
	id      uint64
	state   []byte
	leaked  bool
	durable bool
	minutes uint64
	locked  bool
	bubble  uint64
	labels  []byte // from behind the brace that opens them to the line's end; nil when there are none
	tail    []byte // what must be "]:" or ":" when there are no labels
	inside  bool   // the labels stand within the brackets, as in Go 1.26
}

// scanID reads "goroutine N " and returns what follows.
func scanID(line []byte) (id uint64, rest []byte, ok bool) {
	if !bytes.HasPrefix(line, []byte(headerPrefix)) {
		return 0, nil, false
	}
	id, rest, ok = scanNumber(line[len(headerPrefix):])
	if !ok || len(rest) == 0 || rest[0] != ' ' {
		return 0, nil, false
	}
	return id, rest[1:], true
}

// scanHeader reads a goroutine's first line from the left up to its labels, of
// which it only finds the beginning: a label may contain anything, even text
// that looks like the end of a header, so nothing is searched from the right.
//
// The order is the runtime's:
//
//	goroutine 7 gp=0xc000 m=nil [state (leaked) (scan) (durable), 2 minutes, locked to thread, synctest bubble 1 labels:{"k": "v"}]:
//	goroutine 7 [state, 2 minutes] {k: v}:
//
// the gp and m only in crashes, the first form of labels in Go 1.26, the
// second in Go 1.27.
func scanHeader(line []byte) (h header, err error) {
	var rest []byte
	var ok bool
	if h.id, rest, ok = scanID(line); !ok {
		return header{}, errNoHeader
	}
	open := bytes.IndexByte(rest, '[')
	if open < 0 {
		return header{}, errCutHeader
	}
	rest = rest[open+1:]

	h.state, rest = cutAttribute(rest)
	h.scanMarks()
	for bytes.HasPrefix(rest, []byte(", ")) {
		var attr []byte
		attr, rest = cutAttribute(rest[len(", "):])
		h.scanAttribute(attr)
	}
	if len(rest) == 0 {
		return header{}, errCutHeader
	}
	const in26, in27 = " labels:{", "] {"
	switch {
	case bytes.HasPrefix(rest, []byte(in26)):
		h.labels, h.inside = rest[len(in26):], true
	case bytes.HasPrefix(rest, []byte(in27)):
		h.labels = rest[len(in27):]
	default:
		h.tail, h.inside = rest, true
	}
	return h, nil
}

// end checks what stands behind the state, or behind the labels when there are some.
func (h header) end(tail []byte) error {
	want := []byte(":")
	if h.inside {
		want = []byte("]:")
	}
	switch {
	case bytes.Equal(tail, want):
		return nil
	case bytes.HasPrefix(want, tail):
		return errCutHeader
	}
	return errHeaderTail
}

// cutAttribute splits text before the ',' or ']' or the labels that end the
// state or an attribute of it.
func cutAttribute(text []byte) (attr, rest []byte) {
	for i, c := range text {
		if c == ',' || c == ']' || c == ' ' && bytes.HasPrefix(text[i:], []byte(" labels:{")) {
			return text[:i], text[i:]
		}
	}
	return text, nil
}

// scanMarks takes the marks off the state. Those in a bubble come in two
// orders, because "(durable)" is a part of some reasons for waiting and
// appended to others.
func (h *header) scanMarks() {
	for {
		if s, ok := bytes.CutSuffix(h.state, []byte(" (leaked)")); ok {
			h.state, h.leaked = s, true
		} else if s, ok := bytes.CutSuffix(h.state, []byte(" (durable)")); ok {
			h.state, h.durable = s, true
		} else if s, ok := bytes.CutSuffix(h.state, []byte(" (scan)")); ok {
			h.state = s // the garbage collector was at it: nothing about the goroutine
		} else {
			return
		}
	}
}

// scanAttribute reads what follows the state behind a comma. An attribute that
// is not known is passed over: later versions may add some.
func (h *header) scanAttribute(attr []byte) {
	if string(attr) == "locked to thread" {
		h.locked = true
	} else if n, ok := bytes.CutPrefix(attr, []byte("synctest bubble ")); ok {
		h.bubble, _, _ = scanNumber(n)
	} else if n, unit, ok := scanNumber(attr); ok && string(unit) == " minutes" {
		h.minutes = n
	}
}

// scanNumber reads a decimal number that fits into 64 bits.
func scanNumber(text []byte) (n uint64, rest []byte, ok bool) {
	i := 0
	for ; i < len(text) && '0' <= text[i] && text[i] <= '9'; i++ {
		d := uint64(text[i] - '0')
		if n > (math.MaxUint64-d)/10 {
			return 0, text, false
		}
		n = n*10 + d
	}
	return n, text[i:], i > 0
}
