package poolprobe

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/alloctype"
	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

// lent are the types of what a caller has in hand while something is out of a
// pool, by the packages that make them.
var lent = map[string]struct {
	types []string
	as    string // not "": what a caller has in hand, where the types are not exported
	// within are methods of what is lent, and others: what they make takes nothing
	// out.
	within []string
}{
	"database/sql":                     {[]string{"*sql.Rows", "*sql.Tx", "*sql.Conn"}, "", []string{"database/sql.(*Tx).", "database/sql.(*Conn)."}},
	"net/http":                         {[]string{"*http.transportRequest", "*http.http2clientStream", "*http2.ClientRequest"}, "*http.Response", nil},
	"github.com/redis/go-redis/v9":     {[]string{"*redis.PubSub", "*redis.Tx", "*redis.Conn"}, "", []string{"github.com/redis/go-redis/v9.(*baseClient).initConn"}},
	"github.com/gomodule/redigo/redis": {[]string{"*redis.activeConn"}, "redis.Conn", nil},
	// pgxpool makes a hundred of what it lends at a time: see Checkouts.
}

func lends(pkg string) bool { return len(lent[pkg].types) > 0 }

// A Lender is a pool of which a trace can tell who has taken what is out: the
// package is that which hands it out.
type Lender interface{ Package() string }

// A trace knows where what pools of a package lend was allocated.
type trace struct {
	pkg    string
	before map[string]lending
	stop   func()
}

// A lending is what one stack has taken: what of it is live, and what there was.
type lending struct {
	what       string
	stack      []probe.Frame
	live, made int64
}

func startTrace(pkg string) *trace {
	t := &trace{pkg: pkg, stop: memprofile.Every()}
	t.before = t.read()
	return t
}

// read collects garbage: the profile is as of that.
func (t *trace) read() map[string]lending {
	runtime.GC()
	found := make(map[string]lending)
	for _, r := range memprofile.Read(nil, true) {
		frames := memprofile.Frames(r.Stack())
		if !t.made(frames) {
			continue
		}
		size := r.AllocBytes / max(1, r.AllocObjects)
		what, _, _ := strings.Cut(alloctype.At(r.Stack(), size).Name, "[")
		if !slices.Contains(lent[t.pkg].types, what) {
			continue
		}
		key := fmt.Sprint(what, r.Stack())
		f := found[key]
		found[key] = lending{what, frames, f.live + r.InUseObjects(), f.made + r.AllocObjects}
	}
	return found
}

// made reports whether the package itself has allocated, and not for what it has
// lent.
func (t *trace) made(frames []probe.Frame) bool {
	by := ""
	for _, f := range frames {
		pkg := report.Package(f.Func)
		if by == "" && pkg != "runtime" && !strings.HasPrefix(pkg, "internal/runtime/") {
			by = pkg
		}
		if slices.ContainsFunc(lent[t.pkg].within, func(method string) bool { return strings.HasPrefix(f.Func, method) }) {
			return false
		}
		if by != "" && pkg != by {
			break
		}
	}
	return by == t.pkg
}

// held are the checkouts since the start, of which so many are out; certain says
// that it is all of them, or some of those on one stack. Others are candidates, first
// what somebody still refers to: what is out may be garbage, and what was given back
// still referred to.
func (t *trace) held(out int64) (held []Checkout, certain bool) {
	types := make(map[string]*lending) // at each site
	for key, l := range t.read() {
		was := t.before[key]
		if l.made <= was.made {
			continue
		}
		key = fmt.Sprint(l.what, from(l.stack, t.pkg))
		if types[key] == nil {
			types[key] = &lending{what: l.what, stack: l.stack}
		}
		types[key].made += l.made - was.made
		types[key].live += l.live - was.live
	}
	sites := types
	if as := lent[t.pkg].as; as != "" {
		sites = make(map[string]*lending)
		for _, l := range types { // a checkout can make objects of several types
			l.what = as
			site := fmt.Sprint(from(l.stack, t.pkg))
			if s := sites[site]; s != nil {
				l.live, l.made = max(l.live, s.live), max(l.made, s.made)
			}
			sites[site] = l
		}
	}
	var live, gone []Checkout
	total := int64(0)
	for _, l := range sites {
		c := Checkout{l.what, l.made, l.stack}
		if l.live > 0 {
			live = append(live, c)
		} else {
			gone = append(gone, c)
		}
		total += l.made
	}
	held = append(grouped(live), grouped(gone)...)
	certain = len(held) == 1 || total == out
	for i := range held {
		if held[i].Count = min(held[i].Count, out); !certain {
			held[i].Count = 1 // how many were taken there says nothing
		}
	}
	return held, certain
}

// from are the calls from the taker on.
func from(stack []probe.Frame, pool string) []probe.Frame {
	return stack[max(0, slices.Index(stack, taker(stack, pool))):]
}
