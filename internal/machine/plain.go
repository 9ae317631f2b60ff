package machine

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// oneLine returns a text that is one line, without what controls a terminal.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// clip shortens a text that is too long for a place where people read it.
func clip(text string) string {
	const most = 4000
	if len(text) <= most {
		return text
	}
	end := most
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}
