package symbols

import (
	"debug/dwarf"
	"debug/elf"
	"strings"
	"sync"

	"github.com/leakassert/leakassert/internal/gotype"
)

// dwarf returns the debug information. It returns nil if there is none, which has no units.
func (b *Binary) dwarf() *debugInfo {
	if !b.read {
		b.read = true
		b.debug = newDebug(b.file)
	}
	return b.debug
}

// section returns the content of a section, nil if there is none.
func section(file *elf.File, name string) []byte {
	s := file.Section(name)
	if s == nil {
		return nil
	}
	content, err := s.Data()
	if err != nil {
		return nil
	}
	return content
}

// A debugInfo is the DWARF of a binary.
type debugInfo struct {
	places
	data   *dwarf.Data
	types  *gotype.DWARF
	byPath map[string][]*unit
	all    []*unit
	ranges func() // makes data know which functions a unit has
}

// A unit is a package in DWARF.
type unit struct {
	data       *dwarf.Data
	path       string
	short      string // the package's name
	version    int
	addrBase   uint64 // where its addresses begin in .debug_addr
	begin, end dwarf.Offset
	parts      *index
}

// An index holds the entries of a unit.
type index struct {
	variables map[string]dwarf.Offset // their types, by import path and name
	functions map[string]dwarf.Offset
	entries   map[uint64]dwarf.Offset // functions by address
}

func newDebug(file *elf.File) *debugInfo {
	info := section(file, ".debug_info")
	data, err := dwarf.New(section(file, ".debug_abbrev"), nil, nil, info, nil, nil, section(file, ".debug_ranges"), section(file, ".debug_str"))
	if err != nil || len(info) == 0 {
		return nil
	}
	for _, name := range []string{".debug_addr", ".debug_str_offsets", ".debug_line_str"} {
		if content := section(file, name); content != nil && data.AddSection(name, content) != nil {
			return nil
		}
	}
	d := &debugInfo{data: data, types: gotype.NewDWARF(data), byPath: make(map[string][]*unit), places: newPlaces(file)}
	d.ranges = sync.OnceFunc(func() {
		if content := section(file, ".debug_rnglists"); content != nil {
			_ = data.AddSection(".debug_rnglists", content) // without it no function is found
		}
	})
	// A unit begins with its length, which leads to the next.
	const header4, header5 = 11, 12
	for at := 0; at+header5 < len(info); {
		length, size := int(file.ByteOrder.Uint32(info[at:])), header4
		version := int(file.ByteOrder.Uint16(info[at+4:]))
		if version >= 5 {
			size = header5
		}
		end := at + 4 + length
		if end > len(info) {
			break
		}
		u := &unit{data: data, version: version, begin: dwarf.Offset(at + size), end: dwarf.Offset(end)}
		r := data.Reader()
		r.Seek(u.begin)
		if e, err := r.Next(); err == nil && e != nil && e.Tag == dwarf.TagCompileUnit {
			const packageName dwarf.Attr = 0x2905
			name, _ := e.Val(dwarf.AttrName).(string)
			u.path = strings.ReplaceAll(name, "%2e", ".")
			u.short, _ = e.Val(packageName).(string)
			base, _ := e.Val(dwarf.AttrAddrBase).(int64)
			u.addrBase = uint64(base)
			d.byPath[u.path] = append(d.byPath[u.path], u)
			d.all = append(d.all, u)
		}
		at = end
	}
	return d
}

// units returns the units of a package.
func (d *debugInfo) units(path string) []*unit {
	if d == nil {
		return nil
	}
	return d.byPath[path]
}

// index reads the entries of the unit.
func (u *unit) index() *index {
	if u.parts != nil {
		return u.parts
	}
	u.parts = &index{
		variables: make(map[string]dwarf.Offset),
		functions: make(map[string]dwarf.Offset),
		entries:   make(map[uint64]dwarf.Offset),
	}
	r := u.data.Reader()
	r.Seek(u.begin)
	if _, err := r.Next(); err != nil { // the unit itself
		return u.parts
	}
	for {
		e, err := r.Next()
		if err != nil || e == nil || e.Tag == 0 || e.Offset >= u.end {
			return u.parts
		}
		name, _ := e.Val(dwarf.AttrName).(string)
		switch e.Tag {
		case dwarf.TagVariable:
			if to, ok := e.Val(dwarf.AttrType).(dwarf.Offset); ok {
				path, rest := gotype.Split(name)
				u.parts.variables[path+"."+rest] = to
			}
		case dwarf.TagSubprogram:
			if name != "" {
				u.parts.functions[name] = e.Offset
			}
			if entry, ok := e.Val(dwarf.AttrLowpc).(uint64); ok {
				u.parts.entries[entry] = e.Offset
			}
		}
		r.SkipChildren()
	}
}

// children calls yield for the entries below an entry.
func (d *debugInfo) children(at dwarf.Offset, yield func(*dwarf.Entry) bool) {
	r := d.data.Reader()
	r.Seek(at)
	if e, err := r.Next(); err != nil || e == nil || !e.Children {
		return
	}
	for {
		e, err := r.Next()
		if err != nil || e == nil || e.Tag == 0 || !yield(e) {
			return
		}
		r.SkipChildren()
	}
}
