package symbols

import (
	"cmp"
	"debug/dwarf"
	"slices"
	"strings"
	"unsafe"

	"github.com/leakassert/leakassert/internal/gotype"
)

// A Captured is a variable that a function literal captures. A method value captures its receiver.
type Captured struct {
	Name   string
	Offset int64        // in bytes from the beginning of the closure; the code pointer is at 0
	Type   *gotype.Type // a pointer if the variable is captured by reference
}

// Closure returns what a closure captures whose code begins at pc, in the order of offsets. ok is
// false if nothing is known about it. The compiler leaves out variables that the code only uses
// where they are in the closure, as in n += captured.
func (b *Binary) Closure(pc uint64) (found []Captured, ok bool) {
	f, ok := containing(b.funcs, pc-b.bias)
	if !ok || f.Value != pc-b.bias {
		return nil, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	d := b.dwarf()
	if d == nil {
		return nil, false
	}
	if method, ok := strings.CutSuffix(f.Name, "-fm"); ok {
		return d.receiver(method)
	}
	_, at, ok := d.function(f.Value)
	if !ok {
		return nil, false
	}
	d.children(at, func(e *dwarf.Entry) bool {
		if c, ok := d.captured(e); ok {
			found = append(found, c)
		}
		return true
	})
	slices.SortFunc(found, func(x, y Captured) int { return cmp.Compare(x.Offset, y.Offset) })
	return found, len(found) > 0
}

// function returns the entry of the function that begins at an address of the file, and its unit.
func (d *debugInfo) function(addr uint64) (u *unit, at dwarf.Offset, ok bool) {
	d.ranges()
	unitEntry, err := d.data.Reader().SeekPC(addr)
	if err != nil {
		return nil, 0, false
	}
	i := slices.IndexFunc(d.all, func(u *unit) bool { return u.begin == unitEntry.Offset })
	if i < 0 {
		return nil, 0, false
	}
	u = d.all[i]
	at, ok = u.index().entries[addr]
	return u, at, ok
}

// origin returns the entry that has the name and type of a variable. An entry of a function that was
// also inlined refers to it.
func (d *debugInfo) origin(e *dwarf.Entry) *dwarf.Entry {
	to, ok := e.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset)
	if !ok {
		return e
	}
	r := d.data.Reader()
	r.Seek(to)
	if next, err := r.Next(); err == nil && next != nil {
		return next
	}
	return e
}

// captured returns the variable of an entry if it has an offset in the closure.
func (d *debugInfo) captured(e *dwarf.Entry) (c Captured, ok bool) {
	const closureOffset dwarf.Attr = 0x2907
	if e.Tag != dwarf.TagVariable {
		return Captured{}, false
	}
	origin := d.origin(e)
	offset, ok := e.Val(closureOffset).(int64)
	if !ok {
		if offset, ok = origin.Val(closureOffset).(int64); !ok {
			return Captured{}, false
		}
	}
	name, _ := origin.Val(dwarf.AttrName).(string)
	to, ok := origin.Val(dwarf.AttrType).(dwarf.Offset)
	t := d.types.Type(to)
	return Captured{Name: strings.TrimPrefix(name, "&"), Offset: offset, Type: t}, ok && t != nil
}

// receiver returns what a value of a method captures: the receiver, which is the first parameter.
func (d *debugInfo) receiver(method string) (found []Captured, ok bool) {
	path, _ := gotype.Split(method)
	for _, u := range d.units(path) {
		at, ok := u.index().functions[method]
		if !ok {
			continue
		}
		d.children(at, func(e *dwarf.Entry) bool {
			to, ok := e.Val(dwarf.AttrType).(dwarf.Offset)
			name, _ := e.Val(dwarf.AttrName).(string)
			if t := d.types.Type(to); ok && e.Tag == dwarf.TagFormalParameter && t != nil {
				found = []Captured{{Name: name, Offset: int64(unsafe.Sizeof(uintptr(0))), Type: t}}
			}
			return e.Tag != dwarf.TagFormalParameter
		})
	}
	return found, len(found) > 0
}
