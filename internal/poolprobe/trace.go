package poolprobe

import (
	"cmp"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/alloctype"
	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/liveobject"
	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/procstate"
	"github.com/leakassert/leakassert/internal/retain"
)

// A trace finds where the objects that a package's pools lend were allocated.
type trace struct {
	pkg    string
	pool   uintptr // the pool's address, if known
	live   liveobject.Search[*lending]
	blind  error              // why live objects were not found at the start
	sites  map[Stack]*lending // nil for a stack that takes nothing
	before map[*lending]int64 // how many were taken at the start
	old    map[uintptr]bool   // the objects that existed at the start
	out    []retain.Object    // of each place, one of the objects that are out
	stop   func()
}

func startTrace(c *configured) *trace {
	t := &trace{pkg: c.pkg(), sites: make(map[Stack]*lending), old: make(map[uintptr]bool), stop: procstate.RecordAllocations()}
	if a, ok := c.Pool.(Addressed); ok {
		t.pool = a.Address()
	}
	t.live.Site = t.lendingOn
	t.before = t.taken()
	objects, err := t.live.Objects()
	t.blind = err
	for _, o := range objects {
		t.old[o.Address] = true
	}
	return t
}

// lendingOn returns the lending on a stack, if there is one.
func (t *trace) lendingOn(stack []uintptr, size int64) (l *lending, ok bool) {
	var key Stack // as much as the profile has
	copy(key[:], stack)
	l, ok = t.sites[key]
	if !ok {
		l = t.describe(key, size)
		t.sites[key] = l
	}
	return l, l != nil
}

func (t *trace) describe(stack Stack, size int64) *lending {
	if !t.made(stack) {
		return nil
	}
	of := alloctype.At(stack[:], size)
	name, _, _ := strings.Cut(of.Name, "[")
	i := slices.IndexFunc(lent[t.pkg].types, func(typ lentType) bool { return typ.name == name })
	if i < 0 {
		return nil
	}
	what := cmp.Or(lent[t.pkg].as, name)
	return &lending{lent[t.pkg].types[i], of.Of, Place{what, stack}, fmt.Sprint(what, taker(stack.frames(), t.pkg))}
}

// made reports whether the package itself allocated, and not on behalf of what it has lent. It
// looks up no more of a stack than it needs.
func (t *trace) made(stack Stack) (made bool) {
	for f := range goroutine.Calls(stack[:]) {
		switch pkg := names.Package(f.Function); {
		case !made && memprofile.OfRuntime(f.Function):
		case pkg != t.pkg:
			return made
		case slices.ContainsFunc(lent[t.pkg].within, func(method string) bool { return strings.HasPrefix(f.Function, method) }):
			return false
		default:
			made = true
		}
	}
	return made
}

// taken counts what was taken on each stack. It collects garbage, which updates the profile.
func (t *trace) taken() map[*lending]int64 {
	runtime.GC()
	taken := make(map[*lending]int64)
	for _, r := range memprofile.Read(nil, true) {
		if l, ok := t.lendingOn(r.Stack(), r.AllocBytes/max(1, r.AllocObjects)); ok {
			taken[l] += r.AllocObjects
		}
	}
	return taken
}

// A line says where something was taken since the start.
type line struct {
	*lending
	out     int64   // out, as the objects show
	object  uintptr // one of these
	unclear int64   // the objects do not show whether it is out
	back    int64   // returned, or of another pool
	taken   int64   // altogether
}

// rest returns how much may be out in addition to out. Collected objects show nothing.
func (l line) rest() int64 { return max(l.unclear, l.taken-l.out-l.back) }

// lines returns where something was taken since the start.
func (t *trace) lines() map[string]line {
	type kind struct{ line, name string }
	kinds := make(map[kind]*line)
	of := func(l *lending) *line {
		key := kind{l.line, l.name}
		if kinds[key] == nil {
			kinds[key] = &line{lending: l}
		}
		return kinds[key]
	}
	objects, _ := t.live.Objects() // without objects, everything counts as garbage
	for _, o := range objects {
		if t.old[o.Address] {
			continue
		}
		l := of(o.Site)
		switch out, clear := o.Site.isOut(o.Words, t.pool); {
		case out:
			l.out++
			l.object = o.Address
		case clear:
			l.back++
		default:
			l.unclear++
		}
	}
	for l, n := range t.taken() {
		if n -= t.before[l]; n > 0 {
			of(l).taken += n
		}
	}
	most := make(map[string]line) // one checkout can make objects of several types
	for _, l := range kinds {
		m, seen := most[l.line]
		if !seen || cmp.Or(cmp.Compare(l.out+l.rest(), m.out+m.rest()), strings.Compare(m.name, l.name)) > 0 {
			most[l.line] = *l
		}
	}
	return most
}

// held returns the checkouts since the start that are out, of n. An object that is out may be
// garbage and show nothing: candidates are the places where the others may have been taken.
func (t *trace) held(n int64) (held, candidates Taken) {
	held, rest := make(Taken), make(Taken)
	for _, l := range t.lines() {
		if l.out > 0 {
			held[l.at] = l.out
			t.out = append(t.out, retain.Object{Address: l.object, Stack: l.at.Stack[:]})
		}
		if l.rest() > 0 {
			rest[l.at] = l.rest()
		}
	}
	sure := held.total()
	switch {
	case sure > n: // some were returned meanwhile
		return nil, once(held)
	case sure == n:
		return held, nil
	case sure+rest.total() == n, len(rest) == 1:
		for place, c := range rest {
			held[place] += min(c, n-sure)
		}
		return held, nil
	}
	return held, once(rest)
}

// once sets every count to 1. How much was taken says nothing about candidates.
func once(all Taken) Taken {
	for place := range all {
		all[place] = 1
	}
	return all
}

// lent lists, by package, the objects that a caller has while something is out of a pool.
var lent = map[string]struct {
	types []lentType
	as    string // what a caller has, if the types are not exported
	// within lists methods, of lent and other objects, whose allocations take nothing out.
	within []string
}{
	"database/sql": {
		types:  []lentType{{name: "*sql.Rows", back: "closed", via: "dc"}, {name: "*sql.Tx", back: "done"}, {name: "*sql.Conn", back: "done"}},
		within: []string{"database/sql.(*Tx).", "database/sql.(*Conn)."},
	},
	"net/http": {
		types: []lentType{{name: "*http.transportRequest"}, {name: "*http.http2clientStream"}, {name: "*http2.ClientRequest"}},
		as:    "*http.Response",
	},
	"github.com/redis/go-redis/v9": {
		types:  []lentType{{name: "*redis.PubSub", back: "closed"}, {name: "*redis.Tx"}, {name: "*redis.Conn"}},
		within: []string{"github.com/redis/go-redis/v9.(*baseClient).initConn"},
	},
	"github.com/gomodule/redigo/redis": {types: []lentType{{name: "*redis.activeConn", out: "pc"}}, as: "redis.Conn"},
	// pgxpool makes a hundred of its lent objects at a time: see Checkouts.
}

func lends(pkg string) bool { return len(lent[pkg].types) > 0 }

// A lentType is a type whose objects stand for something that is out of a pool.
type lentType struct {
	name string
	// back is a field that is set once the object was returned, and out one that is set until
	// then. Without either nothing shows it.
	back, out string
	// The object refers to its pool as db. If via is set, the object that this field refers to does.
	via string
}

// A lending is a place where something was taken.
type lending struct {
	lentType
	of   reflect.Type
	at   Place
	line string // what was taken, and by whom
}

// isOut reports whether an object's resource is out of the pool at an address, or of any pool if
// the address is 0. clear reports whether the object shows it.
func (l *lending) isOut(words []uintptr, pool uintptr) (out, clear bool) {
	of, field := l.of, cmp.Or(l.back, l.out)
	if of == nil || field == "" {
		return false, false
	}
	set, ok := liveobject.Field(words, of, field)
	if !ok {
		return false, false
	}
	if f, ok := of.FieldByName(l.via); ok && f.Type.Kind() == reflect.Pointer {
		p, _ := liveobject.Field(words, of, l.via)
		of = f.Type.Elem()
		words = liveobject.Read(p, of)
	}
	db, ok := liveobject.Field(words, of, "db")
	return (set != 0) == (field == l.out) && (pool == 0 || !ok || db == pool), true
}
