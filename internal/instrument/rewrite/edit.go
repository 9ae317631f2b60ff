package rewrite

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// An edit changes source text between two offsets. Text outside the edits stays byte for byte, so that lines keep their numbers.
type edit struct {
	start, end int
	closes     bool // ends an expression that ends at start
	order      int
	text       func() string
}

// edits are the edits of one file. They are added from the outside in: those of an expression before those of its parts.
type edits struct {
	source []byte
	list   []edit
}

// open inserts text before an expression that begins at an offset.
func (e *edits) open(at int, text string) { e.add(at, at, false, func() string { return text }) }

// close inserts text after an expression that ends at an offset.
func (e *edits) close(at int, text string) { e.add(at, at, true, func() string { return text }) }

func (e *edits) replace(start, end int, text string) {
	e.add(start, end, false, func() string { return text })
}

// replaceBy replaces text by what is computed when all edits are known. It may render parts of the replaced text.
func (e *edits) replaceBy(start, end int, text func() string) { e.add(start, end, false, text) }

func (e *edits) add(start, end int, closes bool, text func() string) {
	e.list = append(e.list, edit{start, end, closes, len(e.list), text})
}

// sort brings the edits into the order of the text. At one offset expressions end, the inner one first, before others begin, the outer one first.
func (e *edits) sort() {
	slices.SortFunc(e.list, func(a, b edit) int {
		switch {
		case a.start != b.start:
			return cmp.Compare(a.start, b.start)
		case a.closes && b.closes:
			return cmp.Compare(b.order, a.order)
		case a.closes != b.closes:
			if a.closes {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.order, b.order)
	})
}

// render returns the text from lo to hi with the edits in it. A replacement hides the edits of what it replaces.
func (e *edits) render(lo, hi int) string {
	var b strings.Builder
	at, last := lo, edit{end: -1}
	first, _ := slices.BinarySearchFunc(e.list, lo, func(x edit, at int) int { return cmp.Compare(x.start, at) })
	for _, x := range e.list[first:] {
		if x.start > hi || x.start == hi && !x.closes {
			break
		}
		endsBefore := x.closes && x.start == lo
		hidden := x.start < at || x.closes && x.start == last.end && x.order > last.order
		if endsBefore || hidden || x.end > hi {
			continue
		}
		b.Write(e.source[at:x.start])
		b.WriteString(x.text())
		at = x.end
		if x.end > x.start {
			last = x
		}
	}
	b.Write(e.source[at:hi])
	return b.String()
}

// breaks returns the line breaks between two offsets: text that replaces others keeps them.
func (e *edits) breaks(start, end int) string {
	return strings.Repeat("\n", bytes.Count(e.source[start:end], []byte("\n")))
}
