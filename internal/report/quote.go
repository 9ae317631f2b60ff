package report

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/source"
)

const (
	mostQuoted = 20 // lines of source in a report
	// A line of source longer than longestQuoted characters is cut to that, of which shownBefore at
	// most are before the call.
	longestQuoted = 100
	shownBefore   = 60
)

// A quoted is the source that a report shows.
type quoted struct {
	source.Lines
	shown map[string]bool // by file and line
}

// quote adds the line of source of a call, with a caret under the call, and reports whether it did.
// A report shows each line once.
func (t *text) quote(c probe.CallSite, indent int) bool {
	if c.File == "" || len(t.shown) == mostQuoted {
		return false
	}
	key := fmt.Sprint(c.File, ":", c.Line)
	if t.shown[key] {
		return true
	}
	line, at := t.At(c)
	if line == "" {
		return false
	}
	if t.shown == nil {
		t.shown = make(map[string]bool)
	}
	t.shown[key] = true
	line, caret := cut(line, at)
	margin := strings.Repeat(" ", indent)
	t.WriteString(margin + line + "\n")
	if caret != "" {
		t.WriteString(margin + caret + "\n")
	}
	return true
}

// cut returns a line of source as a report shows it, and the line below it that has the caret, ""
// if at is negative.
func cut(line string, at int) (text, caret string) {
	before, after := "", []rune(visible(line))
	if at >= 0 {
		b := []rune(visible(line[:at]))
		if after = []rune(visible(line[at:])); len(b) > shownBefore && len(b)+len(after) > longestQuoted {
			b = append([]rune{'…'}, b[len(b)-shownBefore:]...)
		}
		before = string(b)
		caret = strings.Map(blank, before) + "^"
	}
	if most := longestQuoted - len([]rune(before)); len(after) > most {
		after = append(after[:most], '…')
	}
	return before + string(after), caret
}

// visible is printable, but keeps tabs.
func visible(s string) string {
	parts := strings.Split(s, "\t")
	for i, p := range parts {
		parts[i] = Printable(p)
	}
	return strings.Join(parts, "\t")
}

// blank returns white space that is as wide as a character.
func blank(r rune) rune {
	switch {
	case r == '\t':
		return r
	case unicode.In(r, unicode.Mn, unicode.Me):
		return -1
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
		return '\u3000' // the space of two columns
	}
	return ' '
}
