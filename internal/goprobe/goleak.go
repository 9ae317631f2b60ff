package goprobe

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/leakassert/leakassert/internal/goroutine"
	"github.com/leakassert/leakassert/internal/probe"
	"go.uber.org/goleak"
)

// A Goleak asks goleak's own options which goroutines they ignore.
//
// goleak can't be asked about one goroutine: Find dumps all of them up to 21 times, and panics if
// one has more than 100 frames. So Goleak runs goleak's options on stacks that are parsed already.
// Their types are unexported, so all fields are verified. If one is unknown, Goleak asks Find and
// sets Note.
type Goleak struct {
	// Cleanup is the function given to goleak.Cleanup, nil if none was.
	Cleanup func(exitCode int)
	// Note says why Find is asked, "" while the options are used.
	Note string

	filters reflect.Value              // []func(stack.Stack) bool
	find    func(ofOptions bool) error // Find, with the options or without any
}

// AskGoleak returns a Goleak for some options.
func AskGoleak(opts []goleak.Option) *Goleak {
	g := &Goleak{}
	asked := read(g, goleak.IgnoreTopFunction(""), opts)
	g.find = func(ofOptions bool) error {
		if ofOptions {
			return goleak.Find(asked...)
		}
		return goleak.Find()
	}
	return g
}

// read applies options, of the type func(*opts), to an empty opts. It takes the filters and the
// function of goleak.Cleanup from there. asked has no Cleanup option, because Find rejects it.
func read[O any](g *Goleak, one O, opts []O) (asked []O) {
	t := reflect.TypeOf(one)
	if t.Kind() != reflect.Func || t.NumIn() != 1 || t.In(0).Kind() != reflect.Pointer || t.In(0).Elem().Kind() != reflect.Struct {
		g.unknown("its options are of type %v", t)
		return opts
	}
	set := reflect.New(t.In(0).Elem()).Elem()
	for _, o := range opts {
		f := reflect.ValueOf(o)
		if f.Type() != t {
			g.unknown("it has an option of type %T", o)
			asked = append(asked, o)
			continue
		}
		f.Call([]reflect.Value{set.Addr()})
		if field := exposed(set, "cleanup"); field.IsValid() && !field.IsZero() {
			g.Cleanup, _ = field.Interface().(func(int))
			field.SetZero()
		} else {
			asked = append(asked, o)
		}
	}
	g.filters = exposed(set, "filters")
	if !g.filters.IsValid() || g.filters.Kind() != reflect.Slice || !isFilter(g.filters.Type().Elem()) {
		g.unknown("its option set has no field filters of type []func(stack.Stack) bool")
		return asked
	}
	g.verify("option set", set.Type(), map[string]any{
		"filters": g.filters.Interface(), "maxRetries": 0, "maxSleep": time.Duration(0), "cleanup": g.Cleanup, "runOnFailure": false})
	g.verify("stack", g.filters.Type().Elem().In(0), stackOf(probe.Leak{}))
	return asked
}

func isFilter(t reflect.Type) bool {
	return t.Kind() == reflect.Func && t.NumIn() == 1 && t.In(0).Kind() == reflect.Struct && t.NumOut() == 1 && t.Out(0).Kind() == reflect.Bool
}

// verify compares the fields of a type with the known fields.
func (g *Goleak) verify(what string, t reflect.Type, known map[string]any) {
	for f := range t.Fields() {
		if reflect.TypeOf(known[f.Name]) != f.Type {
			g.unknown("its %s has a field %s of type %v", what, f.Name, f.Type)
		}
	}
}

func (g *Goleak) unknown(format string, args ...any) {
	if g.Note == "" {
		g.Note = "this version of goleak is not known to leaktest: " + fmt.Sprintf(format, args...) +
			"; goleak.Find applies them, which takes half a second each time"
	}
}

// stackOf returns a leak as goleak's filters see a goroutine: the fields of goleak's stack, some of
// which a version may lack, with names as goleak reads them.
func stackOf(l probe.Leak) map[string]any {
	id, _ := strconv.Atoi(l.ID)
	state, first, all := "", "", make(map[string]struct{}, len(l.Frames))
	if len(l.Columns) > 0 {
		state = l.Columns[0]
	}
	var text strings.Builder
	for i, f := range l.Frames {
		function := goroutine.Escape(f.Func)
		if i == 0 {
			first = function
		}
		all[function] = struct{}{}
		fmt.Fprintf(&text, "%s(...)\n\t%s:%d\n", function, f.File, f.Line)
	}
	creator := goroutine.Escape(l.CreatedBy.Func)
	if creator != "" {
		fmt.Fprintf(&text, "created by %s\n\t%s:%d\n", creator, l.CreatedBy.File, l.CreatedBy.Line)
	}
	return map[string]any{"id": id, "state": state, "firstFunction": first, "allFunctions": all, "createdBy": creator, "fullStack": text.String()}
}

// exposed makes a struct's unexported field usable. It returns an invalid value if there is none.
func exposed(of reflect.Value, name string) reflect.Value {
	field := of.FieldByName(name)
	if !field.IsValid() {
		return field
	}
	return reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem()
}

// Sift returns the leaks that goleak's options do not ignore.
func (g *Goleak) Sift(leaks []probe.Leak) (kept []probe.Leak) {
	isGoroutine := func(l probe.Leak) bool { return l.Kind == Kind }
	if !slices.ContainsFunc(leaks, isGoroutine) {
		return leaks
	}
	ignored := g.ignored
	if g.Note != "" {
		ignored = g.ignoredByFind()
	}
	return slices.DeleteFunc(slices.Clone(leaks), func(l probe.Leak) bool { return isGoroutine(l) && ignored(l) })
}

// ignored reports whether a filter ignores a goroutine.
func (g *Goleak) ignored(l probe.Leak) bool {
	if g.filters.Len() == 0 {
		return false
	}
	stack := reflect.New(g.filters.Type().Elem().In(0)).Elem()
	for name, value := range stackOf(l) {
		if field := exposed(stack, name); field.IsValid() {
			field.Set(reflect.ValueOf(value))
		}
	}
	for i := range g.filters.Len() {
		if g.filters.Index(i).Call([]reflect.Value{stack})[0].Bool() {
			return true
		}
	}
	return false
}

// ignoredByFind calls Find, whose error names what the options do not ignore. A goroutine that Find
// does not name without options either is excluded by goleak's own rules, which don't count here.
func (g *Goleak) ignoredByFind() func(probe.Leak) bool {
	found, ok := g.ask(true)
	all, known := g.ask(false)
	return func(l probe.Leak) bool {
		name := "Goroutine " + l.ID + " in state "
		return ok && known && !strings.Contains(found, name) && strings.Contains(all, name)
	}
}

// ask calls Find. ok is false if Find panics or returns an unexpected error.
func (g *Goleak) ask(ofOptions bool) (found string, ok bool) {
	defer func() {
		if recover() != nil {
			found, ok = "", false
		}
	}()
	err := g.find(ofOptions)
	if err == nil {
		return "", true
	}
	return err.Error(), strings.HasPrefix(err.Error(), "found unexpected goroutines")
}

// Note is a probe, and its own watch, that finds nothing and only has a note.
type Note struct {
	probe.Nothing
	Text string
}

func (Note) Kind() string                             { return Kind }
func (n Note) Start(probe.Scope) (probe.Watch, error) { return n, nil }
func (n Note) Notes() []string                        { return []string{n.Text} }
