package goroutine

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"iter"
	"runtime"
	"sync"
	"time"

	"github.com/leakassert/leakassert/internal/metric"
)

const (
	minBuffer = 64 << 10
	// maxKept is the size of the largest buffer that is kept between dumps, and keptRecords the
	// largest number of records.
	maxKept     = 4 << 20
	keptRecords = 1 << 14
	// maxLabels is how many bytes of labels the runtime may print. 1 GiB takes it 10 s, with the
	// world stopped.
	maxLabels = 64 << 20
	// typicalText is the size of a goroutine with a handful of frames. It is used unless the
	// last dump shows a larger size.
	typicalText = 512
)

// bounds limits the memory of a look. Between low and high it is a third of the memory in use.
// Goroutines with deep stacks print as much as they occupy. Tests set the bounds.
var bounds = struct{ low, high int }{32 << 20, 128 << 20}

// dumping is the memory of all dumps. It is kept because new memory at the end of a check would
// grow the heap that another check measures. A large buffer is outside of the heap and is not kept.
var dumping struct {
	sync.Mutex
	kept, large []byte
	match       matcher
}

// MaxID is the largest id of a goroutine. A larger number stands for a goroutine that only the
// profile shows. It has the same number in the next dump if nothing else has changed.
const MaxID = 1<<63 - 1

// Stacks holds all goroutines as of one moment.
type Stacks struct {
	// Loose and Before count the goroutines that are left out because the text would be too
	// large: Loose those without a label, and Before those with [BeforeLabel].
	Loose, Before int
	// CutOff is set if ids are missing, even if all goroutines are there.
	CutOff bool
	// Took is how long it took to read the stacks and labels.
	Took time.Duration

	match *matcher
}

// All yields the goroutines, the caller of [Dump] first.
func (s *Stacks) All() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		for i := range s.match.all {
			if !yield(s.match.all[i].Record) {
				return
			}
		}
	}
}

// Dump calls f with the stacks and labels of all goroutines. They are valid until f
// returns: f must copy what it keeps, as [Record.Parse] does.
//
// The stacks are the runtime's text. The world stops once for it, or twice if the text does not fit
// into the buffer. The labels come from the goroutine profile. Dump never sets GODEBUG to print
// labels, because other goroutines would see them in their own stacks.
//
// The text takes at most 32 MiB, or a third of the memory in use. Of the goroutines beyond that,
// Dump shows those with the label of a check as far as the profile knows them. They have a number
// above [MaxID] instead of an id.
//
// Calls run one after the other, including f, so f must not call Dump.
func Dump(f func(*Stacks)) {
	d := &dumping
	d.Lock()
	defer d.Unlock()
	defer func() {
		d.large = release(d.large)
		d.match.release()
	}()
	began := time.Now()
	s := d.match.look()
	s.Took = time.Since(began)
	f(s)
}

// All yields the goroutines of a [Dump], the caller first. The loop's body must not call Dump.
func All() iter.Seq[Record] {
	return func(yield func(Record) bool) {
		Dump(func(s *Stacks) { s.All()(yield) })
	}
}

// look reads all stacks and finds their labels.
func (m *matcher) look() *Stacks {
	s := &Stacks{match: m}
	m.votes = make(map[uint64]string)
	for range maxTexts {
		text, whole := m.stacks()
		s.CutOff = !whole
		printed := m.read(text)
		if printed && s.CutOff {
			m.profile.take()
		}
		if printed || m.match() {
			break
		}
	}
	if s.CutOff && len(m.all) > 0 {
		s.complete()
	}
	return s
}

// stacks reads the stacks of all goroutines and reports whether all fitted. If the runtime would
// print too many labels, it reads only the caller's stack.
func (m *matcher) stacks() (text []byte, whole bool) {
	d := &dumping
	d.large = release(d.large)
	if p := &m.profile; !p.taken || p.labelBytes > maxLabels/2 {
		if p.take(); p.labelBytes > maxLabels && printsLabels() {
			d.large = reserve(bounds.low)
			return d.large[:runtime.Stack(d.large[:minBuffer], false)], false
		}
	}
	// Half as much again, because goroutines start while others are counted.
	size := max(minBuffer, min(runtime.NumGoroutine(), maxKept)*max(typicalText, m.text)/2*3)
	if size <= min(maxKept, bounds.high) {
		if len(d.kept) < size {
			d.kept = nil // free the old buffer before making the new one
			d.kept = make([]byte, size)
		}
		if text, whole = fill(d.kept); whole {
			return text, true
		}
	}
	used, _ := inUse.Read()
	d.large = reserve(min(max(bounds.low, int(used[0]+used[1])/3), bounds.high))
	return fill(d.large[:len(d.large)/8*7]) // the rest is for goroutines that only the profile shows
}

// fill reads the stacks into buffer. It drops a goroutine that does not fit.
func fill(buffer []byte) (text []byte, whole bool) {
	if n := runtime.Stack(buffer, true); n < len(buffer) { // a full buffer may lack something
		return buffer[:n], true
	}
	return buffer[:bytes.LastIndex(buffer, []byte("\n\n"))+1], false
}

// read splits the text into goroutines and reports whether it shows the label.
func (m *matcher) read(text []byte) (printed bool) {
	m.all, m.byID = m.all[:0], nil
	if n := runtime.NumGoroutine(); cap(m.all) < n {
		m.all = make([]seen, 0, n+n/8+16)
	}
	for r := range Records(text) {
		if bytes.Contains(r.header(), []byte(LabelKey)) {
			if g, err := parseHeader(string(r.header())); err == nil {
				r.label = g.Labels[LabelKey]
				printed = printed || r.label != ""
			}
		}
		m.all = append(m.all, seen{Record: r})
	}
	m.text = len(text) / max(1, len(m.all))
	return printed
}

// complete adds the goroutines that only the profile has and that have the label of a check. It
// counts the others.
func (s *Stacks) complete() {
	type kind struct {
		class uint64
		label string
	}
	m, shown, room := s.match, make(map[kind]int), bounds.low/8
	texts := make(map[kind][]byte) // goroutines of one kind share the text
	for i := range m.all[1:] {
		s := &m.all[1+i]
		shown[kind{s.findClass(), s.label}]++
	}
	for _, p := range m.profile.samples[1:] {
		k := kind{m.shapeOf(p.stack).class, p.label}
		shown[k]--
		switch {
		case shown[k] >= 0:
		case k.label == BeforeLabel:
			s.Before++
		case k.label == "" || room < 0 && texts[k] == nil:
			s.Loose++
		default:
			if texts[k] == nil {
				text := []byte("goroutine 0 [not dumped]:\n")
				for f := range functions(p.stack) {
					text = fmt.Appendf(text, "%s(...)\n\t%s:%d\n", f.Func, f.File, f.Line)
				}
				texts[k] = text
				room -= len(text)
			}
			id := maphash.Comparable(seed, k)&^(1<<20-1) | (MaxID + 1) - uint64(shown[k])
			m.all = append(m.all, seen{Record: Record{id: id, label: k.label, text: texts[k]}})
		}
	}
}

func (m *matcher) release() {
	m.profile.release()
	clear(m.all)
	m.votes, m.byID = nil, nil
	if m.all = m.all[:0]; cap(m.all) > keptRecords {
		m.all = nil
	}
}

// Counts says how many goroutines were started since the process began, including the runtime's,
// and how many exist. Pending is the number of finalizers and cleanups that have not returned. If
// Created has not changed between two reads and Pending has not grown, no goroutine can have leaked
// in between: the runtime runs all finalizers, and many cleanups, on the same goroutines.
type Counts struct {
	Created, Live, Pending uint64
	Known                  bool // false if the runtime lacks a counter
}

// counts reads what Counts holds; most of the counters exist since Go 1.26. inUse reads the memory of
// objects and stacks.
var (
	counts = metric.New("/sched/goroutines-created:goroutines", "/sched/goroutines:goroutines",
		"/gc/finalizers/executed:finalizers", "/gc/cleanups/executed:cleanups", "/gc/finalizers/queued:finalizers", "/gc/cleanups/queued:cleanups")
	inUse = metric.New("/memory/classes/heap/objects:bytes", "/memory/classes/heap/stacks:bytes")
)

// Count reads the counts. Its short time does not depend on the number of goroutines. It allocates
// nothing and may be called concurrently.
func Count() Counts {
	n, known := counts.Read()
	c := Counts{Created: n[0], Live: n[1], Known: known}
	if ran, queued := n[2]+n[3], n[4]+n[5]; queued > ran { // the runtime does not read them at one moment
		c.Pending = queued - ran
	}
	return c
}
