package goroutine

import (
	"bytes"
	"context"
	"reflect"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unsafe"
)

// A sample is one goroutine of the goroutine profile.
type sample struct {
	label string // "" if there is none
	stack []uintptr
	shape
}

// A profile reads the goroutine profile. It reuses its memory.
type profile struct {
	samples    []sample // the caller's comes first
	labelBytes int      // the size of all labels with any key
	taken      bool     // take was called before

	stacks [][]uintptr // with the layout of internal/profilerecord.StackRecord
	labels []unsafe.Pointer
}

// take reads the profile. With linkedLabels it has the order of the stack text.
func (p *profile) take() {
	p.taken = true
	if !linkedLabels() {
		p.takePublic()
		return
	}
	n := runtime.NumGoroutine()
	for ok := false; !ok; {
		if n += n/8 + 16; len(p.stacks) < n {
			p.stacks, p.labels = make([][]uintptr, n), make([]unsafe.Pointer, n)
		}
		n, ok = readProfile(p.stacks, p.labels)
	}
	if p.samples = p.samples[:0]; cap(p.samples) < n {
		p.samples = make([]sample, 0, len(p.stacks))
	}
	var last unsafe.Pointer
	label, bytes := "", 0
	p.labelBytes = 0
	for i, stack := range p.stacks[:n] {
		if p.labels[i] != last {
			last = p.labels[i]
			label, bytes = readLabels(last)
		}
		p.labelBytes += bytes
		if len(stack) > 0 {
			p.samples = append(p.samples, sample{label: label, stack: stack})
		}
	}
	clear(p.stacks)
	clear(p.labels)
}

// release drops what the profile refers to, and its memory if that is large.
func (p *profile) release() {
	if clear(p.samples); cap(p.samples) > keptRecords {
		*p = profile{labelBytes: p.labelBytes, taken: true}
	}
}

// takePublic reads the profile as text. The text groups goroutines that have the same stack and
// labels:
//
//	3 @ 0x47cbae 0x4151dd
//	# labels: {"key":"value", "leaktest":"TestX"}
func (p *profile) takePublic() {
	p.samples = p.samples[:0]
	var text bytes.Buffer
	_ = pprof.Lookup("goroutine").WriteTo(&text, 1) // a Buffer takes everything
	first := 0                                      // of the last group
	for line := range strings.Lines(text.String()) {
		if labels, ok := strings.CutPrefix(line, "# labels: {"); ok {
			labels, _, _ := parseLabels(labels)
			for i := range p.samples[first:] {
				p.samples[first+i].label = labels[LabelKey]
			}
		} else if count, pcs, ok := strings.Cut(line, " @ "); ok && line[0] != '#' {
			first = len(p.samples)
			n, _ := strconv.Atoi(count)
			var stack []uintptr
			for pc := range strings.FieldsSeq(pcs) {
				v, _ := strconv.ParseUint(pc, 0, 64)
				stack = append(stack, uintptr(v))
			}
			p.samples = append(p.samples, slices.Repeat([]sample{{stack: stack}}, n)...)
		} else if strings.Contains(line, ".(*profile).takePublic+") {
			p.samples[0], p.samples[first] = p.samples[first], p.samples[0]
		}
	}
}

// labelList has the layout of runtime/pprof's labels.
type labelList []label

type label struct{ key, value string }

// Labels can be given to goroutines. They are made without a context, because each check needs some.
type Labels struct {
	list labelList
	of   [1]label
	ctx  context.Context // has the label if the list can't be used, else nil
}

// Labelled returns labels with the label [LabelKey]. If possible the label is hidden behind the end
// of an empty list: only dumps then show it, not stacks and profiles.
func Labelled(value string) *Labels {
	if !linkedLabels() {
		return &Labels{ctx: pprof.WithLabels(context.Background(), pprof.Labels(LabelKey, value))}
	}
	l := &Labels{of: [1]label{{LabelKey, value}}}
	l.list = l.of[:0]
	return l
}

// Set gives the labels to the calling goroutine. Goroutines that it starts inherit them. No labels
// remove those that it has.
func (l *Labels) Set() {
	switch {
	case l == nil:
		pprof.SetGoroutineLabels(context.Background())
	case l.ctx != nil:
		pprof.SetGoroutineLabels(l.ctx)
	default:
		setLabels(unsafe.Pointer(&l.list))
	}
}

// labelsIn returns the pointer to the labels of a context that was just given some.
func labelsIn(ctx context.Context) reflect.Value {
	return reflect.ValueOf(ctx).Elem().FieldByName("val").Elem()
}

// readLabels returns the value of [LabelKey], hidden or not, and the size of the labels that are
// not hidden.
func readLabels(labels unsafe.Pointer) (value string, bytes int) {
	if labels == nil {
		return "", 0
	}
	list := *(*labelList)(labels)
	for i, l := range list[:min(len(list)+1, cap(list))] {
		if i < len(list) {
			bytes += len(l.key) + len(l.value)
		}
		if l.key == LabelKey {
			value = l.value
		}
	}
	return value, bytes
}

// printsLabels reports whether the runtime prints labels in stacks. Go 1.26 does if GODEBUG says
// so, later versions by default in main modules with go 1.27 or later.
func printsLabels() bool {
	prints := make(chan bool)
	go pprof.Do(context.Background(), pprof.Labels(LabelKey, ""), func(context.Context) {
		var text [256]byte
		header, _, _ := bytes.Cut(text[:runtime.Stack(text[:], false)], []byte("\n"))
		prints <- bytes.Contains(header, []byte(LabelKey))
	})
	return <-prints
}

// linkedLabels reports whether labels can be read from the runtime: the functions exist and labels
// have the layout that readLabels expects.
var linkedLabels = sync.OnceValue(func() (ok bool) {
	defer func() { ok = recover() == nil && ok }()
	ctx := pprof.WithLabels(context.Background(), pprof.Labels(LabelKey, "v"))
	labels := labelsIn(ctx)
	t := labels.Type().Elem()
	for t.Kind() == reflect.Struct && t.NumField() == 1 {
		t = t.Field(0).Type
	}
	known := reflect.TypeFor[labelList]()
	same := t.Kind() == reflect.Slice && t.Elem().NumField() == 2 && t.Elem().Size() == known.Elem().Size() &&
		t.Elem().Field(0).Type.Kind() == reflect.String && t.Elem().Field(1).Type.Kind() == reflect.String
	if !linked || !same {
		return false
	}
	value, _ := readLabels(labels.UnsafePointer())
	return value == "v"
})

// OwnLabel returns the calling goroutine's value of the pprof label [LabelKey], "" if it has none.
func OwnLabel() string {
	if linkedLabels() {
		value, _ := readLabels(ownLabels())
		return value
	}
	dumping.Lock() // the caller must be the only one that takes a profile here
	defer dumping.Unlock()
	var p profile
	p.takePublic()
	return p.samples[0].label
}
