package hint

import (
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/probe"
)

// blocked has goroutines of the module under test that wait in its own code, as the source shows.
var blocked = []rule{
	// The channel of a context's end is nil if the context can't be cancelled.
	{"the context can't be cancelled, as context.Background() can't: pass one that can, and cancel it", func(c clue) bool {
		return c.wait().Context && (c.state() == "chan receive (nil chan)" || c.state() == "select" && c.waitsFor("chan ") && !c.waitsFor("chan struct {},"))
	}},
	// A select, or a receive, that has the end of a context among what it waits for would go on if
	// the context had ended. If it waits for fewer channels than it has cases, one is nil: it may be
	// that of the context.
	{"the context is not cancelled: call its cancel function when the goroutine is no longer needed", func(c clue) bool {
		return c.wait().Context && (c.receives() || c.state() == "select" && c.waitsFor("chan ") && c.channels() >= c.wait().Cases)
	}},
	// Here it is not known what the select waits for.
	{"the context is not cancelled, or can't be: pass one that is cancelled when the goroutine is no longer needed", func(c clue) bool {
		return c.wait().Context && c.state() == "select" && !c.waitsFor("chan ")
	}},
	// Stop closes no channel, so that nobody takes its end for a tick.
	{"Stop does not close a ticker's channel, so a range over it does not end: select on it and on a signal to stop", func(c clue) bool {
		return c.state() == "chan receive" && c.wait().Ticker
	}},
	// The loop ends when the channel is closed. It waits, so the channel is empty and not closed.
	{"the channel that it ranges over is not closed: close it after the last value is sent", func(c clue) bool {
		return c.state() == "chan receive" && c.wait().Ranges
	}},
	// An operation on a nil channel never ends.
	{"the channel is nil: make it before it is used", func(c clue) bool { return strings.HasSuffix(c.state(), "(nil chan)") }},
	// If nothing that is reachable can receive, the receiver has returned.
	{"its receiver is gone: give the channel room for the value, or select on the send and on the receiver's end", func(c clue) bool {
		return c.state() == "chan send" && c.Proven && c.alone()
	}},
	// If nothing that is reachable can call Done, those that had to have returned.
	{"Done is called less often than Add counts: use wg.Go, or defer wg.Done() first", func(c clue) bool {
		return c.state() == "sync.WaitGroup.Wait" && c.Proven && c.alone()
	}},
	// If nothing that is reachable can unlock it, its holder has returned, or is this goroutine.
	{"the lock is held for good: defer Unlock() after Lock(), and don't lock twice", func(c clue) bool {
		return (c.state() == "sync.Mutex.Lock" || c.state() == "sync.RWMutex.Lock" || c.state() == "sync.RWMutex.RLock") && c.Proven && c.alone()
	}},
}

// waitsFor reports whether it is known that a goroutine waits for something whose description begins so.
func (c clue) waitsFor(what string) bool {
	return slices.ContainsFunc(c.Evidence, func(e probe.Evidence) bool { return e.Label == "waits on" && strings.HasPrefix(e.Columns[0], what) })
}

// channels counts the channels that a goroutine waits for.
func (c clue) channels() (n int) {
	for _, e := range c.Evidence {
		if e.Label == "waits on" {
			n++
		}
	}
	return n
}

func (c clue) receives() bool { return strings.HasPrefix(c.state(), "chan receive") }

// alone reports whether the report has no other goroutines that this one may wait for: those that
// wait themselves don't call Done, unlock or receive.
func (c clue) alone() bool {
	return !slices.ContainsFunc(c.all, func(l probe.Leak) bool { return l.Kind == c.Kind && l.Origin != c.Origin })
}
