// Package baseline keeps the list of leaks that are known: which of a test's leaks it lets pass, which
// of its lines are stale, and how it is written.
package baseline

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// NoTest stands for the test of what no test owns.
const NoTest = "-"

// An Entry is one line of a file: leaks of one fingerprint that one test may have.
type Entry struct {
	Package, Test string
	Count         int64 // how many, Any for any number
	Fingerprint   string
	Ticket        string // what stands behind #
}

// Any is the count of what grows, which has no number that stays the same.
const Any = -1

// String returns the entry as a line.
func (e Entry) String() string {
	count := "any"
	if e.Count != Any {
		count = strconv.FormatInt(e.Count, 10)
	}
	print := e.Fingerprint
	if strings.Contains(" "+print, " #") || strings.HasPrefix(print, `"`) || strings.TrimSpace(print) != print || strings.ContainsAny(print, "\r\n") {
		print = strconv.Quote(print)
	}
	line := strings.Join([]string{word(e.Package), word(e.Test), count, print}, "  ")
	if e.Ticket != "" {
		line += "  # " + e.Ticket
	}
	return line
}

// word quotes what would not be one word of a line.
func word(s string) string {
	odd := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) || r == '"' || r == '#' }
	if s == "" || !utf8.ValidString(s) || conflict(s) || strings.ContainsFunc(s, odd) {
		return strconv.Quote(s)
	}
	return s
}

// parse reads a line. ok is false if the line is empty or a comment.
func parse(line string) (e Entry, ok bool, err error) {
	line = strings.TrimSpace(line)
	switch {
	case !utf8.ValidString(line):
		return e, false, errors.New("it is not UTF-8")
	case conflict(line):
		return e, false, errors.New("a conflict of a merge is left: resolve it")
	case line == "" || line[0] == '#':
		return e, false, nil
	}
	rest, count := line, ""
	for _, to := range []*string{&e.Package, &e.Test, &count} {
		if *to, rest, err = cut(rest); err != nil {
			return e, false, err
		}
	}
	if e.Count, err = strconv.ParseInt(count, 10, 64); count == "any" {
		e.Count = Any
	} else if err != nil || e.Count < 1 {
		return e, false, fmt.Errorf("%q is not a count: write 1 or more, or any", count)
	}
	if strings.HasPrefix(rest, `"`) {
		if e.Fingerprint, rest, err = cut(rest); err != nil {
			return e, false, err
		}
		rest = " " + rest
	} else {
		at := strings.Index(" "+rest, " #") // where the ticket begins
		if at < 0 {
			at = len(rest)
		}
		e.Fingerprint, rest = strings.TrimSpace(rest[:at]), rest[at:]
	}
	ticket, commented := strings.CutPrefix(strings.TrimSpace(rest), "#")
	switch {
	case e.Fingerprint == "":
		return e, false, errors.New(missing)
	case !commented && ticket != "":
		return e, false, fmt.Errorf("%q is behind the leak: write # in front of it", ticket)
	}
	e.Ticket = strings.TrimSpace(ticket)
	return e, true, nil
}

const missing = "a line has a package, a test, a count and a leak, with spaces between them"

func conflict(line string) bool {
	return strings.HasPrefix(line, "<<<<<<<") || strings.HasPrefix(line, ">>>>>>>") || strings.HasPrefix(line, "|||||||") || line == "======="
}

// cut returns the first word of a line, which may be quoted, and the rest.
func cut(line string) (word, rest string, err error) {
	if !strings.HasPrefix(line, `"`) {
		end := strings.IndexFunc(line, unicode.IsSpace)
		if end < 0 {
			return "", "", errors.New(missing)
		}
		return line[:end], strings.TrimSpace(line[end:]), nil
	}
	quoted, err := strconv.QuotedPrefix(line)
	if err != nil {
		return "", "", errors.New("a quotation mark has no second one")
	}
	word, err = strconv.Unquote(quoted)
	return word, strings.TrimSpace(line[len(quoted):]), err
}

// A key is what two entries of a file can't have in common.
type key struct{ pkg, test, print string }

func (e Entry) key() key { return key{e.Package, e.Test, e.Fingerprint} }

func (k key) compare(o key) int {
	return cmp.Or(strings.Compare(k.pkg, o.pkg), strings.Compare(k.test, o.test), strings.Compare(k.print, o.print))
}
