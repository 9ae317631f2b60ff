package retain

import (
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/gotype"
	"github.com/leakassert/leakassert/internal/heapdump"
	"github.com/leakassert/leakassert/internal/liveobject"
	"github.com/leakassert/leakassert/internal/memprofile"
	"github.com/leakassert/leakassert/internal/pattern"
	"github.com/leakassert/leakassert/internal/symbols"
)

// A View is the heap of this process at one moment, with the names of what holds it.
type View struct {
	Dump *heapdump.Dump
	// Note says in one line why there are no names, "" if there are.
	Note  string
	names Symbols
}

// Look dumps the heap of this process and calls f with what is in the dump. The setting is that of
// LEAKTEST=symbols=…: where the names come from. The error says in one line why the heap can't be
// dumped or looked through: nothing that is found in it can do more harm than that.
func Look(setting string, f func(*View)) (err error) { return look(setting, (*binaries).self, f) }

// Glance is Look for those who must not take long. Names are only there if they need no second build
// of the test, and a heap of more than 64 MiB, or half a million objects, is not dumped.
func Glance(setting string, f func(*View)) error {
	const most, mostObjects = 64 << 20, 500_000
	if bytes, objects := heapdump.Heap(); bytes > most || objects > mostObjects {
		return errors.New("the heap is large")
	}
	return look(setting, (*binaries).ready, f)
}

func look(setting string, names func(*binaries, string) (*symbols.Binary, error), f func(*View)) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true)) // a file of symbols may be cut off meanwhile
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the search has failed: %v", p)
		}
	}()
	v, err := take(setting, names)
	if err != nil {
		return err
	}
	defer v.Close()
	f(v)
	return nil
}

// Take dumps the heap of this process, as Look does. It does not recover.
func Take(setting string) (*View, error) { return take(setting, (*binaries).self) }

func take(setting string, names func(*binaries, string) (*symbols.Binary, error)) (*View, error) {
	if err := heapdump.Possible(); err != nil { // before a second build
		return nil, err
	}
	v := &View{names: None{}}
	if b, err := names(&own, setting); err != nil {
		v.Note = err.Error()
	} else {
		v.names = b
	}
	var goroutines heapdump.Goroutines
	if heapdump.LeaksMarked() {
		goroutines = allGoroutines()
	}
	var err error
	v.Dump, err = heapdump.TakeUnmarked(goroutines)
	return v, err
}

// allGoroutines finds out where the runtime keeps its goroutines.
func allGoroutines() heapdump.Goroutines {
	g, ok := gotype.StructNamed("runtime.g")
	if !ok {
		return heapdump.Goroutines{}
	}
	offset := func(name string) int64 {
		i := slices.IndexFunc(g.Fields(), func(f gotype.Field) bool { return f.Name == name })
		if i < 0 {
			return -1
		}
		return g.Fields()[i].Offset
	}
	id, status := offset("goid"), offset("atomicstatus")
	if id < 0 || status < 0 {
		return heapdump.Goroutines{}
	}
	all, ok := liveobject.AllGoroutines(uintptr(id), uintptr(status))
	if !ok {
		return heapdump.Goroutines{}
	}
	return heapdump.Goroutines{All: uint64(all), Status: uint64(status)}
}

// Close releases the dump.
func (v *View) Close() { v.Dump.Close() }

// Find finds what holds groups of the dump's objects.
func (v *View) Find(groups [][]int) Found { return Find(v.Dump, v.names, groups) }

// own has the symbols of this process, which are read once for each setting.
var own binaries

type binaries struct {
	sync.Mutex
	known map[string]binary
}

type binary struct {
	*symbols.Binary
	err error
}

func (b *binaries) self(setting string) (*symbols.Binary, error) {
	b.Lock()
	defer b.Unlock()
	one, seen := b.known[setting]
	if !seen {
		one.Binary, one.err = symbols.Self(setting)
		if b.known == nil {
			b.known = make(map[string]binary)
		}
		b.known[setting] = one
	}
	return one.Binary, one.err
}

// ready returns the symbols that need no second build: those that are known already, and those of
// the binary itself.
func (b *binaries) ready(setting string) (*symbols.Binary, error) {
	b.Lock()
	_, seen := b.known[setting]
	b.Unlock()
	if seen || setting != "" || symbols.Own() {
		return b.self(setting)
	}
	return nil, errors.New("no names: they need a second build")
}

// An Object is where an object was seen. If the stack that allocated it is given, and the heap has
// another object there by now, that one is not meant.
type Object struct {
	Address uintptr
	Stack   []uintptr
}

// Holders dumps the heap and returns the way to each of some objects. Ways that differ only in their
// keys have none. The note says in one line what is not known.
func Holders(setting string, objects ...Object) (paths []Path, note string) {
	paths = make([]Path, len(objects))
	err := Look(setting, func(v *View) {
		groups := make([][]int, len(objects))
		for i, o := range objects {
			if at, ok := v.Dump.Find(uint64(o.Address)); ok && v.has(at, o) {
				groups[i] = []int{at}
			}
		}
		if v.Note != "" {
			note = "what holds it has " + v.Note
		}
		paths = v.Find(groups).Paths
		withoutKeys(paths)
	})
	if err != nil {
		note = fmt.Sprintf("what holds it is not known: %v", err)
	}
	return paths, note
}

// has reports whether one of the dump's objects can be the one that was seen at its address.
func (v *View) has(at int, o Object) bool {
	if len(o.Stack) == 0 {
		return true
	}
	a, ok := v.Dump.Alloc(at)
	return ok && StackOf(a) == Stack(o.Stack)
}

// key matches the key of an entry, or the index of an element.
var key = pattern.New(`\[(?:"(?:[^"\\]|\\.)*"|-?\d+)\]`)

// WithoutKeys returns a way without the keys of entries and the indices of elements.
func WithoutKeys(text string) string { return key().ReplaceAllString(text, "[…]") }

// withoutKeys removes the keys from texts that are equal without them: together they are one finding.
func withoutKeys(paths []Path) {
	alike := make(map[string][]int)
	for i, p := range paths {
		text := WithoutKeys(p.Text)
		alike[text] = append(alike[text], i)
	}
	for text, its := range alike {
		for _, i := range its {
			if len(its) > 1 {
				paths[i].Text = text
				for k := range paths[i].Steps {
					paths[i].Steps[k].Text = WithoutKeys(paths[i].Steps[k].Text)
				}
			}
		}
	}
}

// AllocatedBy sorts the dump's objects by the stacks that allocated them while every allocation was
// recorded: stack tells which of n groups a stack belongs to, and false if to none.
func (v *View) AllocatedBy(n int, group func(stack string) (int, bool)) [][]int {
	groups := make([][]int, n)
	known := make(map[*heapdump.Alloc]int)
	for i := range v.Dump.Len() {
		a, ok := v.Dump.Alloc(i)
		if !ok {
			continue
		}
		k, seen := known[a]
		if !seen {
			k = -1
			if of, ok := group(StackOf(a)); ok {
				k = of
			}
			known[a] = k
		}
		if k >= 0 {
			groups[k] = append(groups[k], i)
		}
	}
	return groups
}

// StackOf returns a stack as text that can be compared with [Stack].
func StackOf(a *heapdump.Alloc) string {
	var b strings.Builder
	for i, f := range a.Frames {
		if i == memprofile.MostFrames {
			break
		}
		writeCall(&b, f.Func, f.File, f.Line)
	}
	return b.String()
}

func writeCall(b *strings.Builder, function, file string, line int) {
	b.WriteString(function)
	b.WriteByte(' ')
	b.WriteString(file)
	b.WriteByte(':')
	b.WriteString(strconv.Itoa(line))
	b.WriteByte('\n')
}
