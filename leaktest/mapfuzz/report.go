package mapfuzz

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/leakassert/leakassert/internal/check"
	"github.com/leakassert/leakassert/internal/mapdrive"
)

// failure is what a test is to fail with.
func failure(t TB, d *mapdrive.Driver, f *mapdrive.Failure, kind string) string {
	s := describe(t, d, f, kind)
	if where := draw(t, d, f); where != "" {
		s += "\n\n" + where
	}
	return s
}

func describe(t TB, d *mapdrive.Driver, f *mapdrive.Failure, kind string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "mapfuzz: %s: %s (mode %s)\n\n", kind, f.What, f.Mode)
	if f.Scenario != nil {
		b.WriteString(f.Outcome.Columns(*f.Scenario, d.Namer))
	}
	if f.Scenario != nil && len(f.Stacks) > 0 {
		b.WriteString("\n")
	}
	for _, line := range f.Stacks {
		b.WriteString(strings.TrimRight("    "+line, " \t") + "\n")
	}
	if f.Scenario != nil || len(f.Stacks) > 0 {
		b.WriteString("\n")
	}
	if f.Scenario != nil && f.Rounds > 0 && !d.Decoded {
		fmt.Fprintf(&b, "it fails %s", frequency(f.Failed, f.Rounds))
		if f.Scenario.Fresh && len(f.Scenario.Workers) > 1 {
			b.WriteString(", each with a new map")
		}
		b.WriteString("; ")
	}
	if !d.Decoded {
		fmt.Fprintf(&b, "mapfuzz.Seed(%d) and mapfuzz.Workers(%d) make the same choices", f.Seed, d.Workers)
	}
	if s := reproduction(d, f); s != "" {
		b.WriteString("\n\n" + s)
	}
	return strings.TrimRight(b.String(), "\n")
}

// frequency says how often one thing happens in many.
func frequency(failed, rounds int) string {
	switch {
	case failed == rounds:
		return "in every round"
	case rounds/failed < 2:
		return fmt.Sprintf("in %s of %s rounds", thousands(failed), thousands(rounds))
	}
	return fmt.Sprintf("in 1 of %s rounds", thousands(rounds/failed))
}

// thousands is n with a space between groups of three digits.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + " " + s[at:]
	}
	return s
}

// draw has porcupine draw the round that has failed, where somebody wants to see it,
// and says where the picture is.
func draw(t TB, d *mapdrive.Driver, f *mapdrive.Failure) string {
	dir := ""
	env, _ := check.Environment()
	a, ok := t.(interface{ ArtifactDir() string })
	switch kept := flag.Lookup("test.artifacts"); {
	case env.Pictures != "":
		dir = env.Pictures
	case ok && kept != nil && kept.Value.String() == "true":
		dir = a.ArtifactDir()
	}
	picture := f.Picture(d.Namer)
	switch {
	case picture == nil:
		return ""
	case dir == "":
		return "LEAKTEST=pictures=DIR draws it to a folder, and go test -artifacts to the test's"
	}
	file := filepath.Join(dir, strings.Map(fileName, t.Name())+".html")
	err := os.MkdirAll(dir, 0o777)
	if err == nil {
		err = os.WriteFile(file, picture, 0o666)
	}
	if err != nil {
		return "no picture: " + err.Error()
	}
	return "picture: " + file
}

// fileName leaves of a test's name what can be in one of a file everywhere.
func fileName(r rune) rune {
	if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
		return '_'
	}
	return r
}
