// Package goroutine takes dumps of all goroutines and turns the runtime's
// stack text into values.
//
// The text is what [runtime.Stack] and a crashing program print. Its format is
// no part of Go's compatibility promise; what is read here are the formats of
// Go 1.26 and Go 1.27, which differ in where a goroutine's pprof labels stand.
//
// A dump is read in two steps, because a check has to tell its own few
// goroutines from many thousand others: [Records] cuts a dump into goroutines
// and answers id, label and creator without allocating, and only what is
// reported is then parsed with [Record.Parse].
package goroutine

import "time"

// Frame is one line of a stack: a function and where it stands in it.
type Frame struct {
	// Func is the function as the runtime prints it, without arguments and
	// with the escapes of import paths undone:
	// "net/http.(*Server).Serve", "gopkg.in/yaml.v3.(*Node).Decode",
	// "pkg.Map[...].Load". It is "panic" for runtime.gopanic. A line of the
	// stack that is no Go call, such as "non-Go function at pc=0x4a2f10", is
	// kept here as it was printed, with no File.
	Func string
	File string
	Line int
}

// Goroutine is one goroutine of a dump.
type Goroutine struct {
	ID uint64

	// State is the status or the reason for waiting, such as "running",
	// "chan receive (nil chan)" or "sync.Mutex.Lock", without the marks that
	// have fields of their own below.
	State string

	// Leaked is set when the runtime's goroutine leak profile has proven that
	// nothing reachable can wake the goroutine.
	Leaked bool

	// Durable is set when the goroutine is in a synctest bubble and durably
	// blocked, in the sense of testing/synctest.
	Durable bool

	// Waiting is for about how long the goroutine has been blocked, in whole
	// minutes. The runtime counts from the end of the garbage collection before
	// the one that first found it blocked: without two collections it stays 0,
	// and it may be longer than the truth by the time between the two.
	Waiting time.Duration

	// Locked is set when the goroutine is wired to its thread.
	Locked bool

	// Bubble is the number of the synctest bubble; 0 means none.
	Bubble uint64

	// Labels are the pprof labels; nil when the goroutine has none or the dump
	// was taken without them. Go 1.26 prints bytes that are not UTF-8 as
	// U+FFFD, so that such a value does not come back as it was set.
	Labels map[string]string

	// Frames is the stack, innermost first.
	Frames []Frame

	// Elided is the number of frames that the runtime left out of the middle
	// of Frames: it prints the innermost 50 and the outermost 50.
	Elided int

	// CreatedBy is the go statement that started the goroutine, zero when it
	// was not printed, as for the main goroutine.
	CreatedBy Frame

	// Creator is the id of the goroutine that started this one, 0 when it was
	// not printed. It may be long gone.
	Creator uint64
}
