// Package goroutine takes dumps of all goroutines and parses the text of [runtime.Stack]. The
// format is not part of Go's compatibility promise. The package reads the formats of Go 1.26 and
// Go 1.27.
//
// A check has to find its own few goroutines among many thousands. So a [Record] returns id, label
// and creator without allocating. Only what is reported is parsed with [Record.Parse].
package goroutine

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// Frame is one line of a stack: a function and a place in it.
type Frame struct {
	// Func is the function as the runtime prints it, without arguments and with the escapes of
	// import paths undone: "net/http.(*Server).Serve", "pkg.Map[...].Load", or "panic" for
	// runtime.gopanic. A line that is no Go call, such as "non-Go function at pc=0x4a2f10", has
	// no File.
	Func string
	File string
	Line int
}

// Goroutine is one goroutine of a dump.
type Goroutine struct {
	ID     uint64
	State  string // the status or the reason for waiting: "running", "chan receive (nil chan)"
	Leaked bool   // the goroutine leak profile has proven that nothing reachable can wake it
	Locked bool   // to its thread

	// Labels are the printed pprof labels, nil if there are none. Go 1.26 prints bytes that are
	// not UTF-8 as U+FFFD.
	Labels map[string]string

	Frames []Frame // innermost first
	Elided int     // frames left out in the middle: the runtime prints 50 at each end

	// CreatedBy is the go statement that started the goroutine. It is zero if it was not
	// printed, as for the main goroutine.
	CreatedBy Frame

	// Ancestors are the calls that led to the go statement, the last one first, then the calls
	// that led to the goroutine which runs that statement, and so on. The runtime prints them
	// with GODEBUG=tracebackancestors=N.
	Ancestors []Frame

	Creator uint64 // the goroutine that started it, perhaps long gone; 0 if it was not printed
}

// Record is one goroutine of a dump, not yet parsed. It is valid as long as the dump is.
type Record struct {
	id    uint64
	label string
	text  []byte
}

// Records splits a text into goroutines, in order, and skips everything else.
func Records(text []byte) iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for rest := text; len(rest) > 0; {
			// Names, paths and labels contain no raw newline.
			end := len(rest)
			if i := bytes.Index(rest, []byte("\n\n")); i >= 0 {
				end = i + 1
			}
			text := rest[:end]
			rest = bytes.TrimLeft(rest[end:], "\n")
			number, ok := bytes.CutPrefix(text, []byte("goroutine "))
			if !ok {
				continue
			}
			number, _, ok = bytes.Cut(number, []byte(" "))
			id, err := strconv.ParseUint(string(number), 10, 64)
			if ok && err == nil && !yield(Record{id: id, text: text}) {
				return
			}
		}
	}
}

func (r Record) ID() uint64 { return r.id }

// Text returns the goroutine's part of the dump. It includes the newline of its last line, but not
// the empty line before the next goroutine.
func (r Record) Text() []byte { return r.text }

// Label returns the value of the pprof label [LabelKey], "" if there is none. Only the records of
// a [Dump] have it.
func (r Record) Label() string { return r.label }

// Creator returns the id of the goroutine that started this one, 0 if it was not printed.
func (r Record) Creator() uint64 {
	_, creation := r.stack()
	line, _, whole := bytes.Cut(creation, []byte("\n"))
	if !whole {
		return 0 // cut short, perhaps within the number
	}
	_, id := splitCreator(line)
	return id
}

var (
	// These are creators, because the main goroutine calls testing.tRunner too.
	byRun  = []byte("\ncreated by testing.(*T).Run ")
	byFuzz = []byte("\ncreated by testing.(*F).Fuzz.")
)

// RunsTest reports whether the goroutine runs a test.
func (r Record) RunsTest() bool {
	return bytes.Contains(r.text, byRun) || bytes.Contains(r.text, byFuzz)
}

// Parse reads the whole record. The result holds copies, so it stays valid after the dump. An error
// names the goroutine and what could not be read.
func (r Record) Parse() (g Goroutine, err error) {
	if !bytes.HasSuffix(r.text, []byte("\n")) {
		err = errCut
	} else if g, err = parseHeader(string(r.header())); err == nil {
		err = g.parseStack(r.stack())
	}
	if _, ancestors, some := bytes.Cut(r.text, []byte(ancestor)); err == nil && some {
		var led Goroutine
		err = led.parseStack(ancestors, nil)
		g.Ancestors = slices.DeleteFunc(led.Frames, func(f Frame) bool { return f.File == "" || strings.HasPrefix(f.Func, "created by ") })
	}
	if err != nil {
		return Goroutine{}, fmt.Errorf("goroutine %d: %w", r.id, err)
	}
	g.ID = r.id
	return g, nil
}

// header returns the first line.
func (r Record) header() []byte {
	line, _, _ := bytes.Cut(r.text, []byte("\n"))
	return line
}

// stack splits the text after the header into the frames and the creation, the text after
// "created by ". It leaves out ancestors' stacks.
func (r Record) stack() (frames, creation []byte) {
	text := r.text[len(r.header()):]
	if i := bytes.Index(text, []byte(ancestor)); i >= 0 {
		text = text[:i+1]
	}
	if i := bytes.LastIndex(text, []byte(createdBy)); i >= 0 {
		return text[:i+1], text[i+len(createdBy):]
	}
	return text, nil
}
