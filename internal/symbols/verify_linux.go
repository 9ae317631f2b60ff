package symbols

import (
	"bytes"
	"debug/elf"
	"errors"
	"runtime"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/rebuild"
)

var (
	errOtherBuild  = errors.New("another package, other build flags or another version of Go")
	errOtherLayout = errors.New("the package has changed since the test was built")
)

// verify returns an error if the binary is not a build of this process's program. The build info,
// the sections' addresses and sizes, and all functions' entries and names must agree.
func (b *Binary) verify() error {
	content, err := rebuild.MapFile(executable)
	if err != nil {
		return err
	}
	defer unmap(content)
	own, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		return err
	}
	const buildInfo = ".go.buildinfo"
	if info := section(own, buildInfo); len(info) == 0 || !bytes.Equal(info, section(b.file, buildInfo)) {
		return errOtherBuild
	}
	if !slices.Equal(layout(own), layout(b.file)) {
		return errOtherLayout
	}
	for _, s := range b.funcs {
		entry := uintptr(s.Value + b.bias)
		f := runtime.FuncForPC(entry)
		if elf.ST_TYPE(s.Info) != elf.STT_FUNC || f == nil || f.Name() == "" { // C code
			continue
		}
		if f.Entry() != entry || !sameFunction(f.Name(), s.Name) && !sameFunction(outermost(entry), s.Name) {
			return errOtherLayout
		}
	}
	return nil
}

// sameFunction compares the runtime's name of a function with its symbol. The runtime writes "[...]"
// for type arguments, and the linker marks assembly and C files, and has no
// centered dots.
func sameFunction(name, symbol string) bool {
	if !strings.Contains(symbol, ".") || strings.HasSuffix(symbol, ")") {
		return true // C code, which has aliases
	}
	symbol = strings.TrimSuffix(symbol, ".abi0")
	name, _, _ = strings.Cut(strings.ReplaceAll(name, "·", "."), "[")
	symbol, _, _ = strings.Cut(symbol, "[")
	return name == symbol
}

// outermost returns the name of the function that begins at an entry, where FuncForPC returns a
// function that is inlined there.
func outermost(entry uintptr) (name string) {
	frames := runtime.CallersFrames([]uintptr{entry + 1})
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		name = f.Function
	}
	return name
}

// A part is a section that is in memory.
type part struct {
	name       string
	addr, size uint64
}

func layout(file *elf.File) (parts []part) {
	for _, s := range file.Sections {
		if s.Flags&elf.SHF_ALLOC != 0 {
			parts = append(parts, part{s.Name, s.Addr, s.Size})
		}
	}
	return parts
}
