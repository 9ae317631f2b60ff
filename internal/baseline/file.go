package baseline

import (
	"fmt"
	"slices"
	"strings"
)

// header is how a new file begins.
const header = `# Leaks that are known. A test may leak what is written here. Anything else fails it.
#
# A line has a package, a test, a count, the leak, and perhaps a # with a ticket. The test is - if no test
# owns the leak. The count is any for what grows.
#
# To shorten the list, mend a leak. Its line then fails the tests until it is deleted. This command
# deletes such lines and lowers counts:
#
#	LEAKTEST=baseline go test ./...
#
# LEAKTEST=baseline=add also adds lines.
`

// A File is the text of a file, by lines. Editing it changes no other line.
type File struct {
	lines []line
	eol   string // of new lines
}

type line struct {
	text  string // without its end
	end   string
	entry *Entry // nil for a comment
}

// Parse reads the text of a file. An error begins with the file's name and the line.
func Parse(name, text string) (*File, error) {
	f := &File{eol: "\n"}
	seen := make(map[key]int)
	for l := range strings.Lines(text) {
		body := strings.TrimRight(l, "\r\n")
		one := line{text: body, end: l[len(body):]}
		if len(f.lines) == 0 && one.end == "\r\n" {
			f.eol = one.end
		}
		e, ok, err := parse(strings.TrimPrefix(body, "\ufeff"))
		number := len(f.lines) + 1
		switch before := seen[e.key()]; {
		case err != nil:
			return nil, fmt.Errorf("%s:%d: %w", name, number, err)
		case ok && before > 0:
			return nil, fmt.Errorf("%s:%d: the leak of line %d is here again: delete one of the lines", name, number, before)
		case ok:
			seen[e.key()], one.entry = number, &e
		}
		f.lines = append(f.lines, one)
	}
	return f, nil
}

// String returns the text of the file.
func (f *File) String() string {
	var b strings.Builder
	for _, l := range f.lines {
		b.WriteString(l.text)
		b.WriteString(l.end)
	}
	return b.String()
}

// entries returns the entries of a package by key, and their lines.
func (f *File) entries(pkg string) map[key]placed {
	found := make(map[key]placed)
	for i, l := range f.lines {
		if l.entry != nil && l.entry.Package == pkg {
			found[l.entry.key()] = placed{*l.entry, i + 1}
		}
	}
	return found
}

type placed struct {
	Entry
	line int
}

func (f *File) find(k key) int {
	return slices.IndexFunc(f.lines, func(l line) bool { return l.entry != nil && l.entry.key() == k })
}

// remove removes an entry's line, and one of two empty lines around it.
func (f *File) remove(k key) {
	i := f.find(k)
	if i < 0 {
		return
	}
	f.lines = slices.Delete(f.lines, i, i+1)
	if i > 0 && f.empty(i-1) && (i == len(f.lines) || f.empty(i)) {
		f.lines = slices.Delete(f.lines, i-1, i)
	}
}

// recount changes an entry's count. The rest of its line stays.
func (f *File) recount(k key, count int64) {
	if i := f.find(k); i >= 0 {
		e := *f.lines[i].entry
		e.Count = count
		f.lines[i].text, f.lines[i].entry = e.String(), &e
	}
}

// add adds an entry. Entries are sorted by package, test and fingerprint, with an empty line between
// packages: so changes of different packages are apart, and git merges them.
func (f *File) add(e Entry) {
	if n := len(f.lines); n > 0 && f.lines[n-1].end == "" {
		f.lines[n-1].end = f.eol
	}
	first, less := -1, -1     // of its package: the first entry, and the last one that precedes it
	lesser, greater := -1, -1 // the last entry of the packages before it, and the first of those after it
	for i, l := range f.lines {
		switch {
		case l.entry == nil:
		case l.entry.Package == e.Package:
			if first < 0 {
				first = i
			}
			if l.entry.key().compare(e.key()) < 0 {
				less = i
			}
		case l.entry.Package > e.Package:
			if greater < 0 {
				greater = i
			}
		case lesser < 0 || l.entry.Package >= f.lines[lesser].entry.Package:
			lesser = i
		}
	}
	one, gap := line{e.String(), f.eol, &e}, line{"", f.eol, nil}
	switch n := len(f.lines); {
	case less >= 0:
		f.lines = slices.Insert(f.lines, less+1, one)
	case first >= 0:
		f.lines = slices.Insert(f.lines, first, one)
	case lesser >= 0:
		f.lines = slices.Insert(f.lines, lesser+1, gap, one)
	case greater >= 0:
		f.lines = slices.Insert(f.lines, f.commentAbove(greater), one, gap)
	case n > 0 && !f.empty(n-1):
		f.lines = append(f.lines, gap, one)
	default:
		f.lines = append(f.lines, one)
	}
}

// commentAbove returns where the comment begins that is right above a line, unless it is the file's.
func (f *File) commentAbove(at int) int {
	begin := at
	for begin > 0 && f.lines[begin-1].entry == nil && !f.empty(begin-1) {
		begin--
	}
	if begin == 0 {
		return at
	}
	return begin
}

func (f *File) empty(i int) bool { return strings.TrimSpace(f.lines[i].text) == "" }
