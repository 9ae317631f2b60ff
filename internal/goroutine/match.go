package goroutine

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"iter"
	"runtime"
	"slices"
	"strings"
	"unsafe"
)

// LabelKey is the pprof label that dumps show. Its value is BeforeLabel on goroutines that no check
// has started.
const (
	LabelKey    = "leaktest"
	BeforeLabel = "before"
)

// A matcher finds out which label of the goroutine profile belongs to which goroutine of the stack
// text. Both list goroutines in the same order. But the profile has no ids, goroutines start and
// end between the two, and goroutines that run meanwhile come early in the profile.
//
// If all goroutines that run one function have the same label, their order does not matter.
// Otherwise they are matched by their places and their order. The result counts only if the creator
// has the same label or a second profile agrees. An undecided goroutine has no label: the matcher
// never invents one.
type matcher struct {
	profile profile
	shapes  map[uint64]shape  // of the stacks in profiles, by hash
	all     []seen            // the goroutines that only the profile shows are at the end
	byID    map[uint64]*seen  // made when it is needed
	votes   map[uint64]string // by id, the label in the last profile
	text    int               // the average size of a goroutine in the last dump
}

// seen is a goroutine of a dump.
type seen struct {
	Record
	shape
	creator *seen // nil if it does not exist or its label may have been another
	sure    bool  // the label is certain
}

// A group is the goroutines of the text and of the profile that may be the same.
type group struct {
	label        string // of the last sample
	known, mixed bool   // there are samples; their labels differ
	text         []*seen
	samples      []*sample
}

func (g *group) add(label string) {
	g.mixed = g.mixed || g.known && g.label != label
	g.label, g.known = label, true
}

func (g *group) take(s *sample) {
	g.add(s.label)
	g.samples = append(g.samples, s)
}

// A text is matched with up to maxProfiles profiles, and up to maxTexts texts are taken, until
// every label is certain. If goroutines start and end all the time, that never happens.
const (
	maxTexts    = 3
	maxProfiles = 2
)

// match finds all labels and reports whether all are certain.
func (m *matcher) match() (certain bool) {
	certain = len(m.all) == 0
	for n := 0; n < maxProfiles && !certain; n++ {
		m.profile.take()
		certain = m.vote()
	}
	return certain
}

// vote matches with one profile and reports whether another one can't add anything.
func (m *matcher) vote() (certain bool) {
	m.all[0].settle(m.profile.samples[0].label)
	samples := m.profile.samples[1:]
	var others group
	for i := range samples {
		others.add(samples[i].label)
	}
	if !others.mixed {
		for i := range m.all {
			m.all[i].settle(others.label)
		}
		return true
	}

	var groups []*group
	byClass := make(map[uint64]*group)
	for i := range samples {
		s := &samples[i]
		s.shape = m.shapeOf(s.stack)
		g := byClass[s.class]
		if g == nil {
			g = new(group)
			groups, byClass[s.class] = append(groups, g), g
		}
		g.add(s.label)
	}
	for i := range m.all[1:] {
		s := &m.all[1+i]
		switch g := byClass[s.findClass()]; {
		case g == nil: // it has ended, so the next profile does not have it either
		case g.mixed:
			g.text = append(g.text, s)
		default:
			s.settle(g.label)
		}
	}
	for i := range samples {
		if g := byClass[samples[i].class]; g.mixed {
			g.samples = append(g.samples, &samples[i])
		}
	}
	certain = true
	for _, g := range groups {
		certain = m.align(g) && certain
	}
	return certain
}

// align matches the goroutines of a class with different labels. It reports whether another profile
// can't add anything.
func (m *matcher) align(g *group) (certain bool) {
	unsure := func(s *seen) bool { return !s.sure }
	if !slices.ContainsFunc(g.text, unsure) {
		return true
	}
	if m.byID == nil {
		m.byID = make(map[uint64]*seen, len(m.all))
		for i := range m.all {
			m.byID[m.all[i].id] = &m.all[i]
		}
	}
	places := make(map[uint64]*group)
	for _, s := range g.samples {
		p := places[s.place]
		if p == nil {
			p = new(group)
			places[s.place] = p
		}
		p.take(s)
	}
	var moved group // goroutines that changed between the text and the profile
	for _, s := range g.text {
		if s.place == 0 {
			s.place, s.creator = s.readPlace(), m.creator(s)
		}
		p := places[s.place]
		if p == nil {
			p = &moved
		}
		p.text = append(p.text, s)
	}
	for _, p := range places {
		switch {
		case len(p.text) > 0 && !p.mixed:
			m.propose(p.label, p.text...)
		case len(p.text) == len(p.samples) && linkedLabels():
			for i, s := range p.text {
				m.propose(p.samples[i].label, s)
			}
		default:
			moved.text = append(moved.text, p.text...)
			for _, s := range p.samples {
				moved.take(s)
			}
		}
	}
	for _, s := range moved.text {
		if moved.known && !moved.mixed {
			m.propose(moved.label, s)
		} else if i := slices.IndexFunc(moved.samples, func(k *sample) bool { return s.confirms(k.label) }); i >= 0 {
			s.settle(moved.samples[i].label)
		}
	}
	return !slices.ContainsFunc(g.text, unsure)
}

// creator returns the creator of a goroutine, nil if it has ended. It also returns nil for a goroutine
// that may have called a check, because that changes its label: what it started before does not have it.
func (m *matcher) creator(s *seen) *seen {
	if c := m.byID[s.Creator()]; c != nil && c != &m.all[0] && !c.RunsTest() {
		return c
	}
	return nil
}

// findClass reads the class once.
func (s *seen) findClass() uint64 {
	if s.class == 0 {
		s.class = s.readClass()
	}
	return s.class
}

// settle makes label the certain label of s, unless s has one already.
func (s *seen) settle(label string) {
	if !s.sure {
		s.label, s.sure = label, true
	}
}

// propose records the label that a profile gives to goroutines. A confirmed label is settled.
func (m *matcher) propose(label string, to ...*seen) {
	for _, s := range to {
		if last, voted := m.votes[s.id]; voted && last == label || s.confirms(label) {
			s.settle(label)
		} else if !s.sure {
			m.votes[s.id] = label
		}
	}
}

// confirms reports whether the creator of s has the label.
func (s *seen) confirms(label string) bool {
	return s.creator != nil && s.creator.sure && s.creator.label == label
}

// A shape is what the stack text and the goroutine profile both show of a goroutine. It has hashes
// of the function that the goroutine runs, without trampolines, and of the files and lines of its
// innermost frames.
type shape struct{ class, place uint64 }

const (
	// If a stack has more than deepFrames frames, the text leaves out those after the innermost
	// 50, and the profile may lack the outermost ones.
	placeFrames = 40
	deepFrames  = 100
	deepClass   = 1

	maxShapes = 1 << 13
)

// trampolines are functions that only call the function for which a goroutine was started.
var trampolines = map[string]bool{"testing.tRunner": true, "sync.(*WaitGroup).Go.func1": true, "golang.org/x/sync/errgroup.(*Group).Go.func1": true}

// ofRuntime reports whether a line is a call of package runtime. The text has only some of these
// calls, and it writes gopanic as panic.
func ofRuntime(line []byte) bool {
	return bytes.HasPrefix(line, []byte("runtime.")) || bytes.HasPrefix(line, []byte("panic("))
}

var seed = maphash.MakeSeed()

// shapeOf returns the shape of a profile's stack.
func (m *matcher) shapeOf(stack []uintptr) shape {
	key := maphash.Bytes(seed, unsafe.Slice((*byte)(unsafe.Pointer(&stack[0])), len(stack)*int(unsafe.Sizeof(stack[0]))))
	if s, ok := m.shapes[key]; ok {
		return s
	}
	var place maphash.Hash
	place.SetSeed(seed)
	root, n := "", 0
	for f := range functions(stack) {
		if n++; n <= placeFrames {
			fmt.Fprintf(&place, "%s:%d\n", f.File, f.Line)
		}
		if !trampolines[f.Func] || root == "" {
			root = f.Func
		}
	}
	s := shape{maphash.String(seed, root), place.Sum64()}
	if n > deepFrames {
		s.class = deepClass
	}
	if len(m.shapes) >= maxShapes || m.shapes == nil {
		m.shapes = make(map[uint64]shape)
	}
	m.shapes[key] = s
	return s
}

// functions yields the frames of a profile's stack without the runtime's, innermost first.
func functions(stack []uintptr) iter.Seq[Frame] {
	return func(yield func(Frame) bool) {
		for f := range Calls(stack) {
			if !strings.HasPrefix(f.Function, "runtime.") && !yield(Frame{Unescape(f.Function), f.File, f.Line}) {
				return
			}
		}
	}
}

// Calls yields the calls of a stack of program counters, innermost first.
func Calls(stack []uintptr) iter.Seq[runtime.Frame] {
	return func(yield func(runtime.Frame) bool) {
		for frames, more := runtime.CallersFrames(stack), len(stack) > 0; more; {
			var f runtime.Frame
			if f, more = frames.Next(); f.Function != "" && !yield(f) {
				return
			}
		}
	}
}

// readClass reads the class of the record's shape from the text.
func (r Record) readClass() uint64 {
	stack, _ := r.stack()
	if len(stack) > deepFrames*8 && bytes.Contains(stack, []byte(" frames elided...\n")) {
		return deepClass
	}
	var root []byte
	for len(stack) > 0 && (len(root) == 0 || trampolines[string(root)]) {
		begin := bytes.LastIndexByte(stack[:len(stack)-1], '\n') + 1
		line := stack[begin:]
		stack = stack[:begin]
		if line[0] == '\t' || line[0] == '\n' || ofRuntime(line) {
			continue
		}
		if i := bytes.LastIndexByte(line, '('); i > 0 {
			line = line[:i]
		}
		root = line
	}
	if bytes.IndexByte(root, '%') >= 0 {
		root = []byte(Unescape(string(root)))
	}
	return maphash.Bytes(seed, root)
}

// readPlace reads the place of the record's shape from the text.
func (r Record) readPlace() uint64 {
	var place maphash.Hash
	place.SetSeed(seed)
	stack, _ := r.stack()
	skip, n := true, 0
	for line := range bytes.Lines(stack) {
		if line[0] != '\t' {
			skip = line[0] == '\n' || ofRuntime(line)
		} else if !skip && n < placeFrames {
			place.Write(trimAddresses(line[1 : len(line)-1]))
			place.WriteByte('\n')
			skip, n = true, n+1
		}
	}
	return place.Sum64()
}
