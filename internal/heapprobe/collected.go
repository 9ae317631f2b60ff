package heapprobe

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"unsafe"
	"weak"

	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/report"
)

// collectedBy is the name under which the check of a test's watched objects runs.
const collectedBy = "memassert.Collected"

// Collected watches the object that p points at until the test ends. verify is not
// nil for the first one of a test: it is to be called from t.Cleanup. What is
// wrong about the call is returned as text.
func Collected[T any](t check.TB, p *T, opts []Option) (verify func() string, wrong string) {
	refuse := func(err error) (func() string, string) {
		return nil, fmt.Sprintf("%s: %v", collectedBy, err)
	}
	if err := watchable(unsafe.Pointer(p), reflect.TypeFor[T]()); err != nil {
		return refuse(err)
	}
	r, err := check.New(t, Plan(opts))
	if err != nil {
		return nil, err.Error()
	}
	if why := unusable(); why != "" {
		return refuse(errors.New(why))
	}
	if r.Off() {
		return nil, ""
	}
	w := weak.Make(p)
	o := object{typ: reflect.TypeFor[T](), alive: func() bool { return w.Value() != nil }, at: caller()}
	c, first := watchedOf(keyOfTest(t))
	c.add(o)
	if !first {
		return nil, ""
	}
	r.Plan.Probes, r.Plan.Limit = []probe.Probe{c}, nil
	end, wrong := r.ToEnd(collectedBy)
	forget := func() {
		watching.Lock()
		defer watching.Unlock()
		delete(watching.tests, keyOfTest(t))
	}
	if wrong != "" {
		forget()
		return nil, wrong
	}
	return func() string {
		defer forget()
		if !end { // the check that Main has begun judges
			return ""
		}
		return r.Verify()
	}, ""
}

// caller is the call of memassert.Collected.
func caller() probe.Frame {
	var pcs [16]uintptr
	calls := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	for {
		f, more := calls.Next()
		frame := probe.Frame{Func: f.Function, File: f.File, Line: f.Line}
		if !ofLibrary(f.Function) || !more {
			return frame
		}
	}
}

// watching are the tests with objects that are watched.
var watching struct {
	sync.Mutex
	tests map[any]*watched
}

// keyOfTest is t, or its name if t is of a type that can't be compared.
func keyOfTest(t check.TB) any {
	if probe.Hashable(t) {
		return t
	}
	return t.Name()
}

func watchedOf(t any) (w *watched, first bool) {
	watching.Lock()
	defer watching.Unlock()
	if w = watching.tests[t]; w != nil {
		return w, false
	}
	if watching.tests == nil {
		watching.tests = make(map[any]*watched)
	}
	w = &watched{}
	watching.tests[t] = w
	return w, true
}

// An object is one that must be dead when the test ends.
type object struct {
	typ   reflect.Type
	alive func() bool
	at    probe.Frame
}

// watched is the probe, and the watch, of the objects of one test.
type watched struct {
	sync.Mutex
	objects []object
	left    []object // that were alive when last seen
	looks   int
}

func (w *watched) add(o object) {
	w.Lock()
	defer w.Unlock()
	w.objects = append(w.objects, o)
	w.looks = 0
}

func (w *watched) Kind() string                            { return Kind }
func (w *watched) Start(probe.Scope) (probe.Watch, error)  { return w, nil }
func (w *watched) Explain(leaks []probe.Leak) []probe.Leak { return leaks }
func (w *watched) Forces()                                 {}
func (w *watched) Stop()                                   {}

// Grown collects garbage and tells of the objects that are still alive, those of
// one type together.
func (w *watched) Grown() (leaks []probe.Leak, err error) {
	w.Lock()
	defer w.Unlock()
	if w.looks++; w.looks == 1 {
		w.left = slices.Clone(w.objects)
	} else {
		check.CloseIdleConnections()
	}
	runtime.GC()
	w.left = slices.DeleteFunc(w.left, func(o object) bool { return !o.alive() })
	all := make(map[reflect.Type]int64)
	for _, o := range w.objects {
		all[o.typ]++
	}
	for _, o := range w.left {
		i := slices.IndexFunc(leaks, func(l probe.Leak) bool { return l.Resource == o.typ })
		if i < 0 {
			i = len(leaks)
			leaks = append(leaks, probe.Leak{Kind: Kind, ID: fmt.Sprint("watched ", o.typ), Unit: "object", Owned: true, Resource: o.typ})
		}
		l := &leaks[i]
		l.Count++
		l.Columns = []string{fmt.Sprintf("%d of %d *%v still alive", l.Count, all[o.typ], o.typ)}
		if all[o.typ] == 1 {
			l.Columns = []string{fmt.Sprintf("*%v still alive", o.typ)}
		}
		at := probe.Evidence{Label: "watched", Columns: report.Call(o.at)}
		if len(l.Evidence) < mostPlaces && !slices.Contains(l.Frames, o.at) {
			l.Frames, l.Evidence = append(l.Frames, o.at), append(l.Evidence, at)
		}
	}
	return leaks, nil
}

// mostPlaces is how many of the calls that watch objects of one type are told.
const mostPlaces = 4
