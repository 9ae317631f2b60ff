package leaktest

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unsafe"

	"github.com/leakassert/leakassert/internal/probe"
	"go.uber.org/goleak"
)

// A goleakJudge asks goleak's own options which goroutines they ignore.
//
// goleak has no way to ask about one goroutine: Find dumps them all, up to 21
// times, and panics when one of them has more than 100 frames. So its options
// are run on stacks that we have parsed already. Their types are unexported;
// that they have the expected shape is verified, and if not Find is asked.
type goleakJudge struct {
	filters []reflect.Value // func(stack.Stack) bool
	cleanup func(exitCode int)
	opts    []goleak.Option
	direct  bool
}

func askGoleak(opts []goleak.Option) *goleakJudge {
	j := &goleakJudge{opts: opts}
	j.direct = j.collect() == nil
	return j
}

// collect applies the options to a value of goleak's option set and takes what
// they have put there.
func (j *goleakJudge) collect() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("goleak's options: %v", r)
		}
	}()
	// IgnoreTopFunction returns a func(*opts): the way to the type.
	set := reflect.New(reflect.TypeOf(goleak.IgnoreTopFunction("")).In(0).Elem())
	for _, o := range j.opts {
		if f := reflect.ValueOf(o); f.Kind() == reflect.Func {
			f.Call([]reflect.Value{set})
			continue
		}
		return fmt.Errorf("goleak's options: %T is not a function", o)
	}
	filters := exposed(set.Elem().FieldByName("filters"))
	for i := range filters.Len() {
		j.filters = append(j.filters, filters.Index(i))
	}
	if c, ok := exposed(set.Elem().FieldByName("cleanup")).Interface().(func(int)); ok {
		j.cleanup = c
	}
	_, err = j.stack(Leak{ID: "1"}) // the shape of a stack, verified now
	return err
}

// stack is a leak as goleak's filters see a goroutine.
func (j *goleakJudge) stack(l Leak) (v reflect.Value, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("goleak's stacks: %v", r)
		}
	}()
	if len(j.filters) == 0 {
		return v, nil
	}
	id, err := strconv.Atoi(l.ID)
	if err != nil {
		return v, err
	}
	top, all := "", make(map[string]struct{}, len(l.Frames))
	for i, f := range l.Frames {
		if i == 0 {
			top = f.Func
		}
		all[f.Func] = struct{}{}
	}
	v = reflect.New(j.filters[0].Type().In(0)).Elem()
	set := func(field string, to any) { exposed(v.FieldByName(field)).Set(reflect.ValueOf(to)) }
	set("id", id)
	set("firstFunction", top)
	set("allFunctions", all)
	if len(l.Columns) > 0 {
		set("state", l.Columns[0])
	}
	return v, nil
}

// exposed is an unexported field, readable and writable.
func exposed(field reflect.Value) reflect.Value {
	return reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem()
}

// sift returns the leaks that goleak's options do not ignore.
func (j *goleakJudge) sift(leaks []Leak) (kept []Leak) {
	var asked []Leak
	for _, l := range leaks {
		if l.Kind == goroutines.Kind(goroutines{}) {
			asked = append(asked, l)
		} else {
			kept = append(kept, l)
		}
	}
	if len(asked) == 0 {
		return leaks
	}
	if !j.direct {
		return append(kept, j.find(asked)...)
	}
	for _, l := range asked {
		v, err := j.stack(l)
		if err != nil || !j.ignores(v) {
			kept = append(kept, l)
		}
	}
	return kept
}

func (j *goleakJudge) ignores(stack reflect.Value) bool {
	for _, filter := range j.filters {
		if filter.Call([]reflect.Value{stack})[0].Bool() {
			return true
		}
	}
	return false
}

// find is the slow way: goleak looks for itself, and its error names what it
// does not ignore. When it panics nothing is ignored.
func (j *goleakJudge) find(leaks []Leak) (kept []Leak) {
	text := func() (text string) {
		defer func() {
			if r := recover(); r != nil {
				for _, l := range leaks {
					text += goleakNames(l)
				}
			}
		}()
		if err := goleak.Find(j.opts...); err != nil {
			return err.Error()
		}
		return ""
	}()
	for _, l := range leaks {
		if strings.Contains(text, goleakNames(l)) {
			kept = append(kept, l)
		}
	}
	return kept
}

// goleakNames is how goleak's error begins to speak of a goroutine.
func goleakNames(l probe.Leak) string { return "Goroutine " + l.ID + " in state " }
