package fdprobe

import (
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/procfd"
	"github.com/leakassert/leakassert/internal/procstate"
)

// collected counts the descriptors that were opened since the start and have been closed by the
// garbage collector. Closing an os.File, an os.Root or a connection of net removes its finalizer,
// so each finalizer that runs has closed one, if nothing else in the binary sets any. The runtime
// counts finalizers without their kinds.
type collected struct {
	start      uint64 // finalizers queued at the start
	ran        uint64 // finalizers run since, except those that may belong to what was open before
	finalizers uint64 // queued at the last look
	queued     uint64 // finalizers and cleanups queued at the last look; cleanups are of processes and of the runtime's pipes
	origin     string // see place
}

// look counts again, after the current table has been compared.
func (c *collected) look(now *procfd.Table) (q procstate.Queued) {
	q = procstate.Queue()
	for n := 0; n < 20 && q.Finalized < q.Finalizers && q.Finalizers > c.start; n++ { // finalizers that are about to run
		turn()
		q = procstate.Queue()
	}
	c.ran, c.queued, c.finalizers = 0, q.Finalizers+q.Cleanups, q.Finalizers
	if least := c.start + uint64(len(now.Gone)); q.Finalizers > c.start {
		c.ran = max(q.Finalized, least) - least
	}
	return q
}

// turn lets other goroutines run.
func turn() {
	runtime.Gosched()
	if !probe.InBubble() {
		time.Sleep(time.Millisecond)
	}
}

// note has no number, so that a process says it once.
func (c *collected) note() string {
	if c.ran == 0 || otherFinalizers() == "" {
		return ""
	}
	return "fd: not seen: files and sockets that only the garbage collector closed, before the check looked: " + otherFinalizers()
}

// connections counts descriptors, the two ends of a connection as one. Whoever waits at one end closes it
// when the collector has closed the other.
func connections(leaks []*probe.Leak) int {
	all := make(map[string]bool)
	for _, l := range leaks {
		all[connection(l)] = true
	}
	return len(all)
}

// connection is the same for both ends of a pipe or a TCP connection.
func connection(l *probe.Leak) string {
	d, _ := l.Resource.(procfd.FD)
	switch {
	case d.Kind == procfd.KindTCP && d.Remote != "":
		return min(d.Local, d.Remote) + " " + max(d.Local, d.Remote)
	case d.Kind == procfd.KindPipe && strings.HasPrefix(d.Path, "pipe:"):
		return d.Path
	}
	return l.ID
}

// isHalfForgotten is the evidence for an end of a connection if one of its ends was forgotten.
var isHalfForgotten = probe.Evidence{Label: "forgotten", Columns: []string{"closed only when the garbage collector had closed one of the two ends"}}

// isForgotten is the evidence for a descriptor that nobody has closed.
var isForgotten = probe.Evidence{Label: "forgotten", Columns: []string{"closed only by the garbage collector"}}

// forgotten returns a leak for what the collector closed before a look could find it open.
func (w *watch) forgotten() []probe.Leak {
	if w.collected.ran == 0 || w.scope.Suite || otherFinalizers() != "" {
		return nil
	}
	return []probe.Leak{{
		Kind: Kind, ID: "forgotten", Count: int64(w.collected.ran), Unit: "descriptor", Columns: []string{"files or sockets"},
		Origin: w.place(), Traceable: "openers", Evidence: []probe.Evidence{isForgotten}, Proven: true, Forgotten: true,
	}}
}

// place returns an origin for what was collected unseen. It is the origin of most descriptors that
// were seen open, so that everything which a body keeps forgetting grows together.
func (w *watch) place() string {
	if w.collected.origin == "" {
		count := map[string]int{"forgotten": 0}
		for _, l := range w.described {
			count[l.Origin]++
		}
		origins := slices.Sorted(maps.Keys(count))
		w.collected.origin = slices.MaxFunc(origins, func(a, b string) int { return count[a] - count[b] })
	}
	return w.collected.origin
}
