package instrument

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Site is a place in a rewritten package at which a schedule may switch.
type Site struct {
	Number    uint32
	File      string
	Line      int
	Function  string
	Operation string
}

// Chance is why a range over a built-in map is left. It is a limit only if executions differ.
const Chance = "the order of a built-in map differs from time to time"

// Left is what was not rewritten and why. Line is 0 if a whole file or package was left.
type Left struct {
	Package string
	File    string
	Line    int
	What    string
	Reason  string
}

// Sites names the numbers of sites.
type Sites struct {
	named map[uint32]Site
}

// Len returns the number of sites.
func (s Sites) Len() int { return len(s.named) }

// Name returns the file, line, function and operation of a site. An unknown number has no file.
func (s Sites) Name(site uint32) (file string, line int, function, operation string) {
	found := s.named[site]
	return found.File, found.Line, found.Function, found.Operation
}

// Site returns the site of a number.
func (s Sites) Site(number uint32) (Site, bool) {
	site, ok := s.named[number]
	return site, ok
}

// Suffixes of the two files that each compilation of a rewritten package leaves in the folder of sites.
const (
	siteSuffix = ".sites"
	leftSuffix = ".left"
)

// ReadSites reads what the tool has written into dir while packages were compiled, by this build and by earlier ones whose output the build cache may still hold.
// It fails if two sites have one number, which the tool avoids.
func ReadSites(dir string) (Sites, error) {
	sites := Sites{named: map[uint32]Site{}}
	names, err := tables(dir, siteSuffix)
	if err != nil {
		return sites, err
	}
	err = readLines(names, 4, func(fields []string) error {
		number, err := strconv.ParseUint(fields[0], 10, 32)
		if err != nil {
			return err
		}
		file, line, err := splitPosition(fields[1])
		if err != nil {
			return err
		}
		site := Site{uint32(number), file, line, fields[2], fields[3]}
		if other, ok := sites.named[site.Number]; ok && other != site {
			return fmt.Errorf("site %d is both %s:%d and %s:%d: remove the folder and build again", site.Number, other.File, other.Line, file, line)
		}
		sites.named[site.Number] = site
		return nil
	})
	return sites, err
}

// ReadLeft reads what the tool has not rewritten when it last compiled each package, ordered by package, file and line.
func ReadLeft(dir string) ([]Left, error) {
	var all []Left
	names, err := latest(dir, leftSuffix)
	if err != nil {
		return nil, err
	}
	err = readLines(names, 4, func(fields []string) error {
		file, line, err := splitPosition(fields[1])
		if err != nil {
			return err
		}
		all = append(all, Left{fields[0], file, line, fields[2], fields[3]})
		return nil
	})
	compare := func(a, b Left) int {
		return cmp.Or(cmp.Compare(a.Package, b.Package), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.What, b.What), cmp.Compare(a.Reason, b.Reason))
	}
	slices.SortFunc(all, compare)
	return slices.Compact(all), err
}

// WriteSites writes the files of one compiled package, whose name is unique to its sources and its dependencies.
func WriteSites(dir, name string, sites []Site, left []Left) error {
	var table, rest strings.Builder
	for _, s := range sites {
		fmt.Fprintf(&table, "%d\t%s:%d\t%s\t%s\n", s.Number, s.File, s.Line, s.Function, s.Operation)
	}
	for _, l := range left {
		fmt.Fprintf(&rest, "%s\t%s:%d\t%s\t%s\n", l.Package, l.File, l.Line, oneLine(l.What), oneLine(l.Reason))
	}
	if err := writeFile(filepath.Join(dir, name+leftSuffix), rest.String()); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, name+siteSuffix), table.String())
}

// writeFile leaves no half of a file to a reader in another process.
func writeFile(name, text string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "part-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(text)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// tables returns the names of the files with a suffix. A folder that does not exist has none.
func tables(dir, suffix string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), suffix) {
			names = append(names, filepath.Join(dir, entry.Name()))
		}
	}
	return names, err
}

// latest returns the newest table of each package.
func latest(dir, suffix string) ([]string, error) {
	names, err := tables(dir, suffix)
	newest := map[string]string{}
	times := map[string]time.Time{}
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		table := packageOf(filepath.Base(name))
		if _, ok := newest[table]; !ok || info.ModTime().After(times[table]) {
			newest[table], times[table] = name, info.ModTime()
		}
	}
	return slices.Sorted(maps.Values(newest)), err
}

func readLines(names []string, fields int, line func([]string) error) error {
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		lines := bufio.NewScanner(f)
		lines.Buffer(nil, 1<<20)
		for n := 1; lines.Scan(); n++ {
			parts := strings.Split(lines.Text(), "\t")
			err := fmt.Errorf("%d fields instead of %d", len(parts), fields)
			if len(parts) == fields {
				err = line(parts)
			}
			if err != nil {
				f.Close()
				return fmt.Errorf("%s:%d: %w", name, n, err)
			}
		}
		f.Close()
		if err := lines.Err(); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func splitPosition(text string) (file string, line int, err error) {
	colon := strings.LastIndexByte(text, ':')
	if colon < 0 {
		return "", 0, fmt.Errorf("%q has no line", text)
	}
	line, err = strconv.Atoi(text[colon+1:])
	return text[:colon], line, err
}

func oneLine(text string) string {
	return strings.NewReplacer("\t", " ", "\r", "", "\n", " ").Replace(strings.TrimSpace(text))
}

// TableName returns the base name of the tables of one compilation of a package, which id tells from others.
func TableName(path, id string) string {
	clean := func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) {
			return '+'
		}
		return r
	}
	return strings.Map(clean, path[max(0, len(path)-100):]) + separator + id
}

// separator is in no build ID and in no import path.
const separator = "="

func packageOf(table string) string {
	name, _, _ := strings.Cut(table, separator)
	return name
}
