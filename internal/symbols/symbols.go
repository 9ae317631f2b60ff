// Package symbols names the memory of this process: its package variables, the variables that
// function literals capture, and types. The names come from the symbol table and the DWARF of the
// binary. Where the binary has none, they come from a second build of it.
package symbols

import (
	"bytes"
	"cmp"
	"debug/elf"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"sync"

	"github.com/leakassert/leakassert/internal/gotype"
)

// A Binary has the symbols of this process. Its methods may be called from several goroutines.
type Binary struct {
	file    *elf.File
	release func()
	bias    uint64       // what must be added to an address in the file: position-independent code moves
	vars    []elf.Symbol // by address
	funcs   []elf.Symbol // by address

	mu     sync.Mutex          // guards what follows
	debug  *debugInfo          // nil before the first use, and without DWARF
	read   bool                // debug has been read
	locals map[uint64][]placed // by where a call continues
}

// A Variable is a package variable.
type Variable struct {
	Name string // with the name of the package: server.cache
	Full string // with the import path
	Addr uint64
	Size int64

	of   *Binary
	path string // of the package
}

var errNoSymbols = errors.New("the binary has no symbols")

// newBinary reads the symbols of an ELF file. release is called by Close.
func newBinary(content []byte, release func()) (*Binary, error) {
	file, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return nil, fmt.Errorf("not an ELF file: %w", err)
	}
	all, err := file.Symbols()
	if errors.Is(err, elf.ErrNoSymbols) || err == nil && len(all) == 0 {
		return nil, errNoSymbols
	} else if err != nil {
		return nil, err
	}
	b := &Binary{file: file, release: release}
	for _, s := range all {
		if int(s.Section) >= len(file.Sections) || s.Size == 0 {
			continue
		}
		switch section := file.Sections[s.Section]; {
		case section.Flags&elf.SHF_EXECINSTR != 0:
			b.funcs = append(b.funcs, s)
		case section.Flags&elf.SHF_WRITE != 0 && section.Flags&elf.SHF_TLS == 0:
			b.vars = append(b.vars, s)
		}
	}
	byAddress := func(x, y elf.Symbol) int { return cmp.Compare(x.Value, y.Value) }
	slices.SortStableFunc(b.vars, byAddress)
	slices.SortStableFunc(b.funcs, byAddress)
	return b, b.findBias()
}

// findBias compares where a function is with where the file has it.
func (b *Binary) findBias() error {
	f := runtime.FuncForPC(reflect.ValueOf(newBinary).Pointer())
	i := slices.IndexFunc(b.funcs, func(s elf.Symbol) bool { return s.Name == f.Name() })
	if i < 0 {
		return fmt.Errorf("another program, without %s", f.Name())
	}
	b.bias = uint64(f.Entry()) - b.funcs[i].Value
	return nil
}

// Close releases the symbols. The types that they gave remain valid.
func (b *Binary) Close() error {
	b.release()
	return nil
}

// Variable returns the package variable that contains an address.
func (b *Binary) Variable(addr uint64) (v Variable, ok bool) {
	s, ok := containing(b.vars, addr-b.bias)
	if !ok {
		return Variable{}, false
	}
	path, rest := gotype.Split(s.Name)
	v = Variable{Name: gotype.Short(s.Name), Full: s.Name, Addr: s.Value + b.bias, Size: int64(s.Size), of: b, path: path}
	if path == "" {
		return v, true
	}
	v.Full = path + "." + rest
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, u := range b.dwarf().units(path) {
		if u.short != "" {
			v.Name = u.short + "." + rest
		}
	}
	return v, true
}

// Type returns the variable's type, nil if it is unknown. It reads the DWARF of the variable's package,
// which is much more to do than to find the variable.
func (v Variable) Type() (t *gotype.Type) {
	b := v.of
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, u := range b.dwarf().units(v.path) {
		if at, ok := u.index().variables[v.Full]; ok {
			t = b.debug.types.Type(at)
		}
	}
	return t
}

// containing returns the symbol that contains an address.
func containing(symbols []elf.Symbol, addr uint64) (s elf.Symbol, ok bool) {
	i, exact := slices.BinarySearchFunc(symbols, addr, func(s elf.Symbol, addr uint64) int { return cmp.Compare(s.Value, addr) })
	if !exact {
		i--
	}
	if i < 0 || addr-symbols[i].Value >= symbols[i].Size {
		return elf.Symbol{}, false
	}
	return symbols[i], true
}
