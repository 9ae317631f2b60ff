package goroutine

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// marks stand after a state, in any order.
var marks = strings.NewReplacer(" (leaked)", "", " (durable)", "", " (scan)", "")

// parseHeader reads a goroutine's first line, in crashes with a gp and m, of Go 1.26 or 1.27:
//
//	goroutine 7 gp=0xc000 m=nil [state (leaked) (scan) (durable), 2 minutes, locked to thread, synctest bubble 1 labels:{"k": "v"}]:
//	goroutine 7 [state, 2 minutes] {k: v}:
//
// A label may contain anything, even the end of a header, so nothing is searched from the right.
func parseHeader(line string) (g Goroutine, err error) {
	_, rest, _ := strings.Cut(line, "[")
	end := max(0, strings.IndexAny(rest, "]{"))
	attributes, rest := strings.TrimSuffix(rest[:end], " labels:"), rest[end:]
	attributes, others, _ := strings.Cut(attributes, ", ")
	g.State = marks.Replace(attributes)
	g.Leaked = strings.Contains(attributes, " (leaked)")
	g.Locked = strings.Contains(others, "locked to thread")

	tail, readable := "]:", true
	labels, behind := strings.CutPrefix(rest, "] {")
	if behind {
		tail = ":"
	}
	if labels, inside := strings.CutPrefix(labels, "{"); behind || inside {
		g.Labels, rest, readable = parseLabels(labels)
	}
	if !readable || rest != tail {
		return Goroutine{}, fmt.Errorf(`header %q is not "goroutine N [state]:"`, line)
	}
	return g, nil
}

// parseLabels reads `key: value, key: value}` and returns what follows. Go 1.26 quotes all keys and
// values, Go 1.27 those that need it. A profile has no space after the colon.
func parseLabels(text string) (labels map[string]string, rest string, ok bool) {
	labels = make(map[string]string)
	for more := true; more; {
		key, rest, _ := cutLabel(text)
		rest, colon := strings.CutPrefix(rest, ":")
		value, rest, ok := cutLabel(strings.TrimPrefix(rest, " "))
		if !colon || !ok {
			return nil, "", false
		}
		labels[key] = value
		text, more = strings.CutPrefix(rest, ", ")
	}
	rest, ok = strings.CutPrefix(text, "}")
	return labels, rest, ok
}

// cutLabel reads a key or value. Without quotes it may be empty.
func cutLabel(text string) (s, rest string, ok bool) {
	if !strings.HasPrefix(text, `"`) {
		end := strings.IndexAny(text, ":,}")
		return text[:max(0, end)], text[max(0, end):], end >= 0
	}
	quoted, err := strconv.QuotedPrefix(text)
	if err != nil {
		return "", "", false
	}
	s, err = strconv.Unquote(quoted)
	return s, text[len(quoted):], err == nil
}

var errCut = errors.New("stack is cut short")

// The runtime's own lines within a stack.
const (
	createdBy   = "\ncreated by "
	inGoroutine = " in goroutine "
	ancestor    = "\n[originating from goroutine " // with GODEBUG=tracebackancestors=N
	noStack     = "\tgoroutine running on other thread; stack unavailable"
)

// splitCreator splits "pkg.F in goroutine N". N is 0 if it is missing.
func splitCreator(line []byte) (name []byte, id uint64) {
	if i := bytes.LastIndex(line, []byte(inGoroutine)); i >= 0 {
		if id, err := strconv.ParseUint(string(line[i+len(inGoroutine):]), 10, 64); err == nil {
			return line[:i], id
		}
	}
	return line, 0
}

// parseStack fills in everything below the header.
func (g *Goroutine) parseStack(frames, creation []byte) (err error) {
	if n := bytes.Count(frames, []byte("\n\t")); n > 0 {
		g.Frames = make([]Frame, 0, n)
	}
	for text := frames; len(text) > 0; {
		var line []byte
		line, text, _ = bytes.Cut(text, []byte("\n"))
		if len(line) == 0 || string(line) == noStack {
			continue
		}
		if bytes.HasPrefix(line, []byte("...")) {
			var n int
			if _, err := fmt.Sscanf(string(line), "...%d frames elided...", &n); err == nil {
				g.Elided += n
				continue
			}
		}
		f := Frame{Func: funcName(line)}
		if len(text) > 0 && text[0] == '\t' {
			line, text, _ = bytes.Cut(text, []byte("\n"))
			if err := f.parseLocation(line); err != nil {
				return err
			}
		} else if endsInCall(line) && len(text) == 0 {
			return errCut
		}
		// Otherwise it is C code that nothing can symbolise, or a complaint of the runtime's
		// unwinder. Show it rather than drop it.
		g.Frames = append(g.Frames, f)
	}
	if len(creation) == 0 {
		return nil
	}
	line, location, _ := bytes.Cut(creation, []byte("\n"))
	location, _, _ = bytes.Cut(location, []byte("\n"))
	line, g.Creator = splitCreator(line)
	g.CreatedBy.Func = Unescape(string(line))
	return g.CreatedBy.parseLocation(location)
}

// parseLocation reads the line below a function:
//
//	\tfile:line +0x1d fp=0xc000 sp=0xc000 pc=0x4a2f10
//
// "+0x1d" is missing for inlined calls. For C functions everything but the pc may be missing.
func (f *Frame) parseLocation(line []byte) error {
	place, ok := bytes.CutPrefix(line, []byte("\t"))
	if !ok {
		return errCut
	}
	if place = trimAddresses(place); len(place) == 0 {
		return nil // "\tpc=0x4a2f10"
	}
	colon := bytes.LastIndexByte(place, ':')
	n, err := strconv.ParseUint(string(place[colon+1:]), 10, 31)
	if colon < 0 || err != nil {
		return fmt.Errorf("no file and line in %q", line)
	}
	f.File, f.Line = string(place[:colon]), int(n)
	return nil
}

// trimAddresses removes the addresses after a place. It reads from the right because a file's name
// may contain spaces and colons.
func trimAddresses(line []byte) []byte {
	for {
		i := bytes.LastIndexByte(line, ' ')
		if !isAddress(line[i+1:]) {
			return line
		}
		line = line[:max(i, 0)]
	}
}

// isAddress distinguishes the numbers after a place from the words of a path.
func isAddress(word []byte) bool {
	prefix, digits, ok := bytes.Cut(word, []byte("0x"))
	switch string(prefix) {
	case "+", "fp=", "sp=", "pc=":
		return ok && len(bytes.TrimLeft(digits, "0123456789abcdef")) == 0
	}
	return false
}

func endsInCall(line []byte) bool { return bytes.HasSuffix(line, []byte(")")) }

// funcName removes the arguments of a call, "main.(*T).f(0x1, {0x2, ...})", and undoes the linker's
// escapes. Arguments contain no parentheses. Receivers do, but further to the left.
func funcName(line []byte) string {
	if i := bytes.LastIndexByte(line, '('); i > 0 && endsInCall(line) {
		line = line[:i]
	}
	return Unescape(string(line))
}
