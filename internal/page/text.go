package page

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mostText is how many bytes of one text of a finding are shown.
const mostText = 1000

// Printable returns a text as a page shows it, see shown.
func Printable(s string) string { return shown(s) }

// shown returns a text as a page shows it: one line, clipped, and what is not printable as Go
// writes it in a string: "\x1b".
func shown(s string) string { return printable(clip(s)) }

// clip shortens a text that is longer than mostText.
func clip(s string) string {
	if len(s) <= mostText {
		return s
	}
	end := mostText
	for end > mostText-utf8.UTFMax && !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}

func printable(s string) string {
	if utf8.ValidString(s) && strings.IndexFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) < 0 {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 || !unicode.IsPrint(r) {
			quoted := strconv.Quote(s[:n])
			b.WriteString(quoted[1 : len(quoted)-1])
		} else {
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

// first returns the first elements of a list, each as made by f, and how many more there are.
func first[T, V any](most int, all []T, f func(T) V) (some []V, more int) {
	n := min(most, len(all))
	for _, x := range all[:n] {
		some = append(some, f(x))
	}
	return some, len(all) - n
}
