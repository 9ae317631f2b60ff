package fdprobe

import (
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/leakassert/leakassert/internal/liveobject"
	"github.com/leakassert/leakassert/internal/procfd"
	"github.com/leakassert/leakassert/internal/procstate"
)

// openerOf judges the objects that hold a descriptor's number. If the number was closed behind an
// object's back, the object holds a number that is no longer its own. So the descriptor belongs to
// the object through which the runtime polls it, otherwise to the one that agrees best.
func openerOf(d procfd.FD, holding []object, err error) (found opener) {
	holding = slices.DeleteFunc(holding, func(o object) bool { return o.Site.fits != nil && !slices.Contains(o.Site.fits, d.Kind) })
	agreed := contradicts
	if polled := polledBy(d, holding); polled != nil {
		holding, agreed = polled, agrees
	} else {
		holding, agreed = best(d, holding)
	}
	for _, o := range holding {
		if !slices.Contains(found.openings, o.Site) {
			found.openings, found.object = append(found.openings, o.Site), o.Address
		}
	}
	if len(holding) > 1 {
		found.object = 0 // one place made several objects, and only one of them is the descriptor's
	}
	found.proven = agreed > contradicts && len(found.openings) == 1
	switch {
	case len(found.openings) > 0:
	case err != nil:
		found.why = err.Error()
	case procstate.MemProfileRate() != 1:
		found.why = "runtime.MemProfileRate was changed meanwhile"
	default:
		found.why = "opened by a raw system call"
	}
	return found
}

// polledBy returns the object through which the runtime polls a descriptor. It returns nil if there
// is none, as for files. The kernel removes a descriptor from a poller when it is closed, also behind
// an object's back.
func polledBy(d procfd.FD, holding []object) []object {
	if len(holding) < 2 { // other evidence costs less
		return nil
	}
	data := procfd.Polled(d)
	for _, o := range holding {
		record, ok := liveobject.Field(o.Words, o.Site.typ, "pfd", "pd", "runtimeCtx")
		if ok && record != 0 && slices.ContainsFunc(data, func(word uint64) bool { return tagged(word, uint64(record)) }) {
			return []object{o}
		}
	}
	return nil
}

// tagged reports whether a word is an address with a tag, as the runtime packs them: the address
// without its lowest three bits comes first. How long the tag is depends on the version of Go.
func tagged(word, addr uint64) bool {
	for tag := 12; tag <= 24; tag++ {
		if uint64(int64(word)>>tag<<3) == addr {
			return true
		}
	}
	return false
}

// An agreement says how well an object's other fields fit a descriptor.
type agreement int

const (
	contradicts agreement = iota
	silent                // they say nothing about it
	agrees
)

// best returns the objects that agree best.
func best(d procfd.FD, holding []object) (best []object, agreed agreement) {
	for _, o := range holding {
		switch a := o.Site.agreement(o, d); {
		case a > agreed:
			best, agreed = []object{o}, a
		case a == agreed:
			best = append(best, o)
		}
	}
	return best, agreed
}

// agreement compares the port of a socket, and the name under which a file was opened.
func (o *opening) agreement(object object, d procfd.FD) agreement {
	data, ok := liveobject.Field(object.Words, o.typ, "laddr", "data")
	if ok && data != 0 && (d.Kind == procfd.KindTCP || d.Kind == procfd.KindUDP) {
		address := reflect.TypeFor[net.TCPAddr]() // net.UDPAddr has the same fields
		port, ok := liveobject.Field(liveobject.Read(data, address), address, "Port")
		switch {
		case !ok:
			return silent
		case strings.HasSuffix(d.Local, ":"+strconv.Itoa(int(port))):
			return agrees
		}
		return contradicts
	}
	path := strings.TrimSuffix(d.Path, " (deleted)")
	if !o.byName || path == "" {
		return silent
	}
	return sameFile(object.String(o.typ, "name"), path)
}

// sameFile compares the name under which a file was opened with its path now.
func sameFile(name, path string) agreement {
	if clean := filepath.Clean(name); !filepath.IsAbs(name) { // from a folder that may not be the current one
		switch {
		case strings.HasSuffix(path, "/"+clean):
			return agrees
		case strings.HasPrefix(clean, "."):
			return silent
		}
	}
	if dir := filepath.Dir(name); strings.HasPrefix(dir, "/proc/") && filepath.Base(dir) == "fd" || dir == "/dev/fd" {
		return silent // it names another descriptor, which may have been closed since
	}
	is, err := os.Stat(name) // the name may contain links
	at, wrong := os.Stat(path)
	switch {
	case err == nil && wrong == nil && os.SameFile(is, at), err != nil && filepath.Base(name) == filepath.Base(path):
		return agrees
	case os.IsNotExist(err) && wrong == nil && sameFileSystem(filepath.Dir(name), at):
		return silent // it was renamed
	}
	return contradicts
}

// sameFileSystem reports whether a folder is in the file system of a file.
func sameFileSystem(dir string, file os.FileInfo) bool {
	of, err := os.Stat(dir)
	if err != nil {
		return false
	}
	device := func(info os.FileInfo) reflect.Value { // only Unix has it
		if v := reflect.Indirect(reflect.ValueOf(info.Sys())); v.Kind() == reflect.Struct {
			return v.FieldByName("Dev")
		}
		return reflect.Value{}
	}
	a, b := device(of), device(file)
	return a.IsValid() && b.IsValid() && a.Equal(b)
}
