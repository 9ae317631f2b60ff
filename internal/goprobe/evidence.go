package goprobe

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/probe"
)

func (w *watch) leak(g claimedGoroutine) probe.Leak {
	hold := holder(g.Goroutine)
	l := probe.Leak{
		ID: strconv.FormatUint(g.ID, 10), Unit: "goroutine", Traceable: "stacks",
		Columns: append([]string{g.State}, names.Call(hold)...),
		Frames:  g.Frames, CreatedBy: g.CreatedBy, Tests: g.tests, Proven: g.Leaked,
		Owned: g.claim == own,
		Stray: g.claim == escaped && len(g.tests) == 0, NeedsProof: g.needsProof,
	}
	l.SetPlace(names.Place(g.Frames, g.CreatedBy))
	if l.Owned && ofHTTPClient(l) && w.scope.Test != "" {
		// Tests that run at the same time can share the connection. Whether it is in use shows
		// only when they have ended.
		test, _, _ := strings.Cut(w.scope.Test, "/")
		l.Owned, l.Tests = false, []string{test}
	}
	for _, f := range l.Frames {
		l.Part = cmp.Or(l.Part, connections[f.Func])
	}
	if g.CreatedBy.Func != "" {
		l.AddCall("created by", started(l))
	}
	if i := slices.IndexFunc(g.Ancestors, names.InModule); i >= 0 && ofStd(l) {
		l.AddCall("called from", probe.CallOn(g.Ancestors, g.Ancestors[i]))
	}
	if g.Locked {
		l.AddEvidence("locked", "to its thread")
	}
	if g.Leaked {
		l.Evidence = append(l.Evidence, isProven)
	}
	if g.needsProof {
		l.AddEvidence("origin", "started by a goroutine that is not the test's")
	} else if how := cause(g); how != "" {
		l.AddEvidence("origin", how)
	}
	if g.State == "sleep" {
		option := fmt.Sprintf("leaktest.IgnoreFunc(%q)", hold.Func)
		if g.sleep > 0 { // it is awake by then, however long it slept
			option = fmt.Sprintf("leaktest.Settle(%v) or %s", g.sleep.Round(time.Second)+2*time.Second, option)
		} else {
			option = "a longer leaktest.Settle, or " + option
		}
		l.AddEvidence("sleeps", "may end by itself: "+option)
	}
	if w.scope.Trace {
		for _, f := range g.Frames {
			l.AddEvidence("stack", names.Call(f)...)
		}
		if g.Elided > 0 {
			l.AddEvidence("stack", strconv.Itoa(g.Elided)+" frames left out by the runtime")
		}
	}
	l.FixOrigin()
	return l
}

// started returns the go statement that started a goroutine.
func started(l probe.Leak) probe.CallSite {
	c := probe.CallSite{Frame: l.CreatedBy, Go: true}
	if n := len(l.Frames); n > 0 {
		c.Callee = l.Frames[n-1].Func
	}
	return c
}

// holder returns the frame that best shows what a goroutine does: the innermost one outside of the
// standard library or, without one, the outermost, which shows what the goroutine is for.
func holder(g goroutine.Goroutine) probe.Frame {
	if len(g.Frames) == 0 {
		return g.CreatedBy
	}
	if i := slices.IndexFunc(g.Frames, func(f probe.Frame) bool { return !names.Std(f) }); i >= 0 {
		return g.Frames[i]
	}
	for _, f := range slices.Backward(g.Frames) {
		if names.Package(f.Func) != "runtime" {
			return f
		}
	}
	return g.Frames[0]
}

// cause says how a goroutine without a label was started, as far as that is known.
func cause(g claimedGoroutine) string {
	switch {
	case g.labelled:
		return ""
	case g.CreatedBy.Func == "time.goFunc" && g.claim == own:
		return "a timer"
	case g.CreatedBy.Func == "time.goFunc":
		return "a timer, set by this test or an earlier one"
	case g.CreatedBy.Func == "" && g.Locked: // no go statement, and bound to its thread
		return "a thread of C that has called into Go"
	case g.CreatedBy.Func == "": // the runtime hides its own frames
		return "a finalizer or cleanup that does not return"
	case g.older:
		return "it has no check's label, and may be older than this check"
	case g.claim != own:
		return "a goroutine that has ended"
	}
	return ""
}

// sleepOf returns how long the goroutine's call of time.Sleep lasts. It returns 0 if there is no
// such call, or if the runtime does not know the argument for certain.
func sleepOf(r goroutine.Record) time.Duration {
	_, call, _ := bytes.Cut(r.Text(), []byte("\ntime.Sleep(0x"))
	digits, _, _ := bytes.Cut(call, []byte(")"))
	n, err := strconv.ParseInt(string(digits), 16, 64)
	if err != nil {
		return 0
	}
	return time.Duration(n)
}

// led adds, to goroutines that the standard library started and that call nothing else, the call of
// the module under test that led to them. It adds nothing if several calls could have done that.
func led(leaks []probe.Leak, s probe.Scope) {
	trail := sync.OnceValue(memprofile.NewTrail)
	for i := range leaks {
		l := &leaks[i]
		if !ofStd(*l) || slices.ContainsFunc(l.Evidence, func(e probe.Evidence) bool { return e.Label == "called from" }) {
			continue
		}
		if call, ok := trail().To(l.CreatedBy, s); ok {
			l.AddCall("called from", probe.CallSite{Frame: call})
		}
	}
}

// ofStd reports whether the standard library started a goroutine that calls nothing else.
func ofStd(l probe.Leak) bool {
	return names.Std(l.CreatedBy) && !slices.ContainsFunc(l.Frames, func(f probe.Frame) bool { return !names.Std(f) })
}

// connections maps functions to the sort of connection whose goroutines have them on their stacks.
var connections = map[string]string{
	"net/http.(*persistConn).readLoop":                               "http",
	"net/http.(*persistConn).writeLoop":                              "http",
	"net/http.(*http2clientConnReadLoop).run":                        "http2",
	"net/http/internal/http2.(*clientConnReadLoop).run":              "http2",
	"net/http.(*conn).serve":                                         "http server",
	"database/sql.(*Tx).awaitDone":                                   "sql",
	"database/sql.(*Rows).awaitDone":                                 "sql",
	"github.com/go-sql-driver/mysql.(*mysqlConn).startWatcher.func1": "sql",
	"github.com/lib/pq.(*conn).watchCancel.func1":                    "sql",
}

// ofHTTPClient reports whether a goroutine serves a connection of an HTTP client.
func ofHTTPClient(l probe.Leak) bool {
	return l.HasFunc(func(f string) bool {
		return strings.HasPrefix(f, "net/http.(*persistConn).") ||
			strings.HasPrefix(f, "net/http.(*http2ClientConn).") || strings.HasPrefix(f, "net/http/internal/http2.(*ClientConn).")
	})
}
