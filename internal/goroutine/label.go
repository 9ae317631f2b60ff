package goroutine

import (
	"strings"
	"unicode/utf8"
)

// token is a key or value of a label as it was printed. Go 1.26 puts all of
// them in quotes, Go 1.27 only those that need it.
type token struct {
	raw     []byte // without the quotes
	escaped bool   // raw has escapes to undo
}

// nextLabel reads `key: value` and the ", " or "}" behind it. After the last
// label, rest starts with that "}"; ok is false there and where text is not a
// label or cut short.
func nextLabel(text []byte) (key, value token, rest []byte, ok bool) {
	if key, rest, ok = scanToken(text); !ok || len(rest) < 2 || rest[0] != ':' || rest[1] != ' ' {
		return token{}, token{}, text, false
	}
	if value, rest, ok = scanToken(rest[2:]); !ok || len(rest) == 0 {
		return token{}, token{}, text, false
	}
	switch {
	case rest[0] == '}':
		return key, value, rest, true
	case len(rest) >= 2 && rest[0] == ',' && rest[1] == ' ':
		return key, value, rest[2:], true
	}
	return token{}, token{}, text, false
}

// scanToken reads a quoted or a bare key or value. A bare one may be empty.
func scanToken(text []byte) (t token, rest []byte, ok bool) {
	if len(text) == 0 || text[0] != '"' {
		i := 0
		for i < len(text) && isBare(text[i]) {
			i++
		}
		return token{raw: text[:i]}, text[i:], true
	}
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			t.escaped = true
			i++
		case '"':
			t.raw = text[1:i]
			return t, text[i+1:], true
		}
	}
	return token{}, nil, false
}

// isBare tells which bytes Go 1.27 leaves without quotes.
func isBare(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '.' || c == '/' || c == '_'
}

// equal compares without allocating.
func (t token) equal(s string) bool {
	if !t.escaped {
		return string(t.raw) == s
	}
	for raw := t.raw; len(raw) > 0; {
		c, n, width := unescape(raw)
		if !strings.HasPrefix(s, string(c[:n])) {
			return false
		}
		s, raw = s[n:], raw[width:]
	}
	return s == ""
}

// text returns the token with its escapes undone, in one allocation.
func (t token) text() string {
	if !t.escaped {
		return string(t.raw)
	}
	var b strings.Builder
	b.Grow(len(t.raw)) // an escape is longer than what it stands for
	for raw := t.raw; len(raw) > 0; {
		c, n, width := unescape(raw)
		b.Write(c[:n])
		raw = raw[width:]
	}
	return b.String()
}

// unescape decodes the first character of raw, which must not be empty, into
// the first n bytes of c; it takes width bytes of raw. What is not an escape
// that Go knows stands for itself.
func unescape(raw []byte) (c [utf8.UTFMax]byte, n, width int) {
	plain := [utf8.UTFMax]byte{raw[0]}
	if raw[0] != '\\' || len(raw) == 1 {
		return plain, 1, 1
	}
	switch raw[1] {
	case '\\', '"':
		return [utf8.UTFMax]byte{raw[1]}, 1, 2
	case 'n':
		return [utf8.UTFMax]byte{'\n'}, 1, 2
	case 'r':
		return [utf8.UTFMax]byte{'\r'}, 1, 2
	case 't':
		return [utf8.UTFMax]byte{'\t'}, 1, 2
	case 'x':
		// A control character or, since Go 1.27, a byte that is not UTF-8:
		// one byte either way.
		if v, ok := scanHex(raw[2:], 2); ok {
			return [utf8.UTFMax]byte{byte(v)}, 1, 4
		}
	case 'u':
		if v, ok := scanHex(raw[2:], 4); ok {
			n = utf8.EncodeRune(c[:], v)
			return c, n, 6
		}
	case 'U':
		if v, ok := scanHex(raw[2:], 8); ok {
			n = utf8.EncodeRune(c[:], v)
			return c, n, 10
		}
	}
	return plain, 1, 1
}

// scanHex reads exactly digits hexadecimal digits.
func scanHex(text []byte, digits int) (v rune, ok bool) {
	if len(text) < digits {
		return 0, false
	}
	for _, c := range text[:digits] {
		d, ok := hexDigit(c)
		if !ok {
			return 0, false
		}
		v = v<<4 | rune(d)
	}
	return v, true
}

func hexDigit(c byte) (d byte, ok bool) {
	switch {
	case '0' <= c && c <= '9':
		return c - '0', true
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10, true
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
