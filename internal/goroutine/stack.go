package goroutine

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

var errCutStack = errors.New("stack is cut short")

// The runtime's own lines within a stack.
const (
	createdBy   = "created by "
	inGoroutine = " in goroutine "
	ancestor    = "\n[originating from goroutine " // with GODEBUG=tracebackancestors=N
	noStack     = "\tgoroutine running on other thread; stack unavailable"
)

// splitStack divides what follows the header into the frames and the creation,
// the latter from behind "created by " on. Ancestors' stacks are left out:
// they are not where this goroutine is, and have creations of their own.
func splitStack(text []byte) (frames, created []byte) {
	if i := bytes.Index(text, []byte(ancestor)); i >= 0 {
		text = text[:i+1]
	}
	if i := bytes.LastIndex(text, []byte("\n"+createdBy)); i >= 0 {
		return text[:i+1], text[i+1+len(createdBy):]
	}
	return text, nil
}

// splitCreator divides "pkg.F in goroutine N". N is 0 when it is not there.
func splitCreator(line []byte) (name []byte, id uint64) {
	i := bytes.LastIndex(line, []byte(inGoroutine))
	if i < 0 {
		return line, 0
	}
	id, rest, ok := scanNumber(line[i+len(inGoroutine):])
	if !ok || len(rest) > 0 {
		return line, 0
	}
	return line[:i], id
}

// parseStack fills in all that stands below the header.
func (g *Goroutine) parseStack(text []byte) error {
	frames, created := splitStack(text)
	if err := g.parseFrames(frames); err != nil {
		return err
	}
	if created == nil {
		return nil
	}
	line, location, _ := bytes.Cut(created, []byte("\n"))
	name, id := splitCreator(line)
	location, _, ended := bytes.Cut(location, []byte("\n"))
	f := Frame{Func: unescapePath(name)}
	if err := f.parseLocation(location, ended); err != nil {
		return err
	}
	g.CreatedBy, g.Creator = f, id
	return nil
}

func (g *Goroutine) parseFrames(text []byte) error {
	g.Frames = make([]Frame, 0, bytes.Count(text, []byte("\n\t")))
	for len(text) > 0 {
		line, rest, ended := bytes.Cut(text, []byte("\n"))
		text = rest
		if len(line) == 0 || string(line) == noStack {
			continue
		}
		if n, ok := elided(line); ok {
			g.Elided += n
			continue
		}
		f := Frame{Func: funcName(line)}
		if len(text) > 0 && text[0] == '\t' {
			line, text, ended = bytes.Cut(text, []byte("\n"))
			if err := f.parseLocation(line, ended); err != nil {
				return err
			}
		} else if !ended || endsInCall(line) && len(text) == 0 {
			return fmt.Errorf("%w after %q", errCutStack, line)
		}
		// Otherwise it is a line without a place: C code that nothing can
		// symbolise, or a complaint of the runtime's unwinder. It is shown
		// rather than swallowed.
		g.Frames = append(g.Frames, f)
	}
	if len(g.Frames) == 0 {
		g.Frames = nil
	}
	return nil
}

// elided reads "...N frames elided...".
func elided(line []byte) (n int, ok bool) {
	middle, ok := bytes.CutPrefix(line, []byte("..."))
	if !ok {
		return 0, false
	}
	if middle, ok = bytes.CutSuffix(middle, []byte(" frames elided...")); !ok {
		return 0, false
	}
	n, err := strconv.Atoi(string(middle))
	return n, err == nil && n >= 0
}

// parseLocation reads the line below a function:
//
//	\tfile:line +0x1d fp=0xc000 sp=0xc000 pc=0x4a2f10
//
// where a file may contain spaces and colons, so the line is read from the
// right. "+0x1d" is missing for inlined calls, and all but the last may be
// missing for C functions. A line that does not end in a newline is taken only
// if something stands behind the number, which else may lack digits.
func (f *Frame) parseLocation(line []byte, ended bool) error {
	whole := line
	place, ok := bytes.CutPrefix(line, []byte("\t"))
	if !ok {
		return fmt.Errorf("%w after %q", errCutStack, f.Func)
	}
	onlyPC := false
	for {
		i := bytes.LastIndexByte(place, ' ')
		if !isAddress(place[i+1:]) {
			break
		}
		ended = true
		if i < 0 {
			onlyPC = true // "\tpc=0x4a2f10"
			break
		}
		place = place[:i]
	}
	if !ended {
		return fmt.Errorf("%w in %q", errCutStack, whole)
	}
	if onlyPC {
		return nil
	}
	colon := bytes.LastIndexByte(place, ':')
	if colon < 0 {
		return fmt.Errorf("no file and line in %q", whole)
	}
	n, err := strconv.ParseUint(string(place[colon+1:]), 10, 31)
	if err != nil {
		return fmt.Errorf("no file and line in %q", whole)
	}
	f.File, f.Line = string(place[:colon]), int(n)
	return nil
}

// isAddress tells the numbers behind a place from the words of a path.
func isAddress(word []byte) bool {
	for _, prefix := range []string{"+0x", "fp=0x", "sp=0x", "pc=0x"} {
		if digits, ok := bytes.CutPrefix(word, []byte(prefix)); ok {
			for _, c := range digits {
				if _, ok := hexDigit(c); !ok {
					return false
				}
			}
			return true
		}
	}
	return false
}

func endsInCall(line []byte) bool { return len(line) > 0 && line[len(line)-1] == ')' }

// funcName takes the arguments off a call, "main.(*T).f(0x1, {0x2, ...})", and
// undoes the linker's escapes. Arguments contain no parentheses; receivers
// do, and stand further to the left.
func funcName(line []byte) string {
	if endsInCall(line) {
		if i := bytes.LastIndexByte(line, '('); i > 0 {
			line = line[:i]
		}
	}
	return unescapePath(line)
}

// unescapePath undoes the linker's escapes in an import path: the dots of its
// last element are "%2e", because the first dot ends the package's name.
func unescapePath(name []byte) string {
	if bytes.IndexByte(name, '%') < 0 {
		return string(name)
	}
	var b strings.Builder
	b.Grow(len(name))
	for i := 0; i < len(name); i++ {
		if name[i] == '%' {
			if v, ok := scanHex(name[i+1:], 2); ok {
				b.WriteByte(byte(v))
				i += 2
				continue
			}
		}
		b.WriteByte(name[i])
	}
	return b.String()
}
