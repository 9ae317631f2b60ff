package page

import (
	"bytes"
	"fmt"
	"html"
)

// A markup is HTML of this package. A string converts to it by itself only if it is a constant, so no
// text of a finding can become markup: only put takes such texts, and escapes them.
//
// Package html/template would do the same, but it makes each test binary a fifth larger: it looks up
// methods by names that the linker can't know, and the linker then keeps all methods.
type markup string

// A writer collects HTML.
type writer struct{ bytes.Buffer }

// put writes markup with values in it, as fmt.Fprintf does. Numbers and markup are written as they are.
// All else is escaped, for the text of an element or for the value of an attribute in double quotes.
func (w *writer) put(format markup, values ...any) {
	for i, v := range values {
		switch v := v.(type) {
		case int, int64, float64, markup:
		case string:
			values[i] = html.EscapeString(v)
		default:
			values[i] = html.EscapeString(fmt.Sprint(v))
		}
	}
	fmt.Fprintf(w, string(format), values...)
}

// each calls f for the elements of a list, with markup before and after them all. It writes nothing
// for an empty list.
func each[T any](w *writer, before markup, list []T, f func(T), after markup) {
	if len(list) == 0 {
		return
	}
	w.put(before)
	for _, x := range list {
		f(x)
	}
	w.put(after)
}

// counted returns a number with a word in the right form.
func counted(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}
