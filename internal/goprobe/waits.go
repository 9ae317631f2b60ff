package goprobe

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/heapdump"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procstate"
	"github.com/leakassert/leakassert/internal/retain"
)

// Without trace, the failing checks of a process may look at the heap for mostLooking altogether. A
// look takes some 50 ms in a small process. On a busy machine the time without a processor does not
// count.
const mostLooking = 2 * time.Second

var (
	looking atomic.Int64 // how long these looks took
	noted   atomic.Bool  // a note has said that it was too long
)

// waitsOn adds to blocked goroutines what they wait for and who else refers to it, and to those that
// nothing can wake that this is proven. The note says, with trace, why that is not known. Without
// trace the first finding says so if it can't be known on this system.
func waitsOn(leaks []probe.Leak, s probe.Scope) (note string) {
	asked := waiting(leaks)
	if len(asked) == 0 || !s.Trace && !testing.Testing() { // a program is not forked unasked
		return ""
	}
	look := retain.Look
	if !s.Trace {
		if time.Duration(looking.Load()) >= mostLooking {
			if noted.Swap(true) {
				return "" // it is the same for all later checks
			}
			return fmt.Sprintf("what goroutines wait on is not looked up any more: that has taken %v in this process; LEAKTEST=trace looks it up", mostLooking)
		}
		begin, worked := procstate.Clock(), procstate.Worked()
		defer func() { looking.Add(int64(min(procstate.Clock()-begin, procstate.Worked()-worked))) }()
		look = retain.Glance
	}
	why := lookUp(leaks, asked, look, s.Symbols)
	switch {
	case why == "":
	case s.Trace:
		return "what goroutines wait on is not known: " + why
	case !heapdump.Supported():
		first := slices.Min(slices.Collect(maps.Keys(asked)))
		for i := range asked {
			if place(leaks[i]) == place(leaks[first]) { // they are one finding
				leaks[i].AddEvidence("waits on", "not known: "+why)
			}
		}
	}
	return ""
}

// waiting returns the numbers of the goroutines that wait for something that can be looked up, by leak.
func waiting(leaks []probe.Leak) map[int]uint64 {
	asked := make(map[int]uint64)
	for i, l := range leaks {
		if id, err := strconv.ParseUint(l.ID, 10, 64); err == nil && waitsForKnown(l) {
			asked[i] = id
		}
	}
	return asked
}

// waitsForKnown reports whether what a goroutine waits for can be looked up. The parts of a connection
// wait for each other.
func waitsForKnown(l probe.Leak) bool { return blocked(l) && !l.Forgotten && l.Part == "" }

// lookUp looks at the heap and adds what goroutines wait on. If that is not known, it returns why.
func lookUp(leaks []probe.Leak, asked map[int]uint64, look func(string, func(*retain.View)) error, symbols string) (why string) {
	if len(asked) == 0 {
		return ""
	}
	var waits map[uint64]retain.Waiting
	if err := look(symbols, func(v *retain.View) {
		waits, why = v.Waits(slices.Collect(maps.Values(asked))), v.Note
	}); err != nil {
		why = err.Error()
	}
	groups := make(map[string]*holders)
	of := func(l probe.Leak) *holders {
		key := place(l)
		if groups[key] == nil {
			groups[key] = &holders{count: make(map[string]int)}
		}
		return groups[key]
	}
	for i, id := range asked {
		for k := range waits[id].Waits {
			of(leaks[i]).add(k, waits[id].Waits[k])
		}
	}
	for i := range leaks {
		l, w := &leaks[i], waits[asked[i]]
		if w.Proven && !l.Proven {
			prove(l)
		}
		for k, wait := range w.Waits {
			l.AddEvidence("waits on", wait.On+", "+of(*l).text(k, wait))
		}
	}
	return why
}

// place is the same for the leaks of one finding.
func place(l probe.Leak) string { return strings.Join(l.Columns, "\t") + "\n" + l.Origin }

// holders has what holds what goroutines of one place wait for. A place that waits for a channel of
// its own each time is one finding nevertheless, so its goroutines share a holder.
type holders struct{ count map[string]int }

func (h *holders) add(k int, w retain.Wait) {
	if w.HeldBy != "" {
		h.count[strconv.Itoa(k)+" "+w.HeldBy]++
	}
}

// text says who else refers to the k-th thing that a goroutine waits for.
func (h *holders) text(k int, w retain.Wait) string {
	switch {
	case w.Never:
		return "for ever"
	case w.Nobody:
		return "to which nobody else refers"
	case w.HeldBy == "":
		return "to which only leaked goroutines are seen to refer"
	}
	prefix := strconv.Itoa(k) + " "
	count, seen, all := make(map[string]int), 0, 0 // without keys, if these differ
	for key, n := range h.count {
		if text, ok := strings.CutPrefix(key, prefix); ok {
			if all += n; text != retain.Unspelled {
				if len(h.count) > 1 {
					text = retain.WithoutKeys(text)
				}
				count[text] += n
				seen += n
			}
		}
	}
	if seen == 0 {
		return "held by " + retain.Unspelled
	}
	most := slices.MinFunc(slices.Collect(maps.Keys(count)), func(a, b string) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
	text := "held by " + most
	if len(count) > 1 {
		text += ", and others"
	}
	if seen < all {
		text += fmt.Sprintf(" (%d of %d looked at)", seen, all)
	}
	return text
}

// prove marks a goroutine as one that nothing can wake.
func prove(l *probe.Leak) {
	l.Proven = true
	first := slices.IndexFunc(l.Evidence, func(e probe.Evidence) bool {
		return !slices.Contains([]string{"created by", "called from", "locked"}, e.Label)
	})
	if first < 0 {
		first = len(l.Evidence)
	}
	l.Evidence = slices.Insert(slices.Clip(l.Evidence), first, isProven)
}

// isProven is the evidence for a goroutine that nothing can wake.
var isProven = probe.Evidence{Label: "proven", Columns: []string{"nothing that is reachable can wake it"}}

// LookAgain makes the time that earlier checks took not count. Tests of whole reports need it.
func LookAgain() { looking.Store(0) }
