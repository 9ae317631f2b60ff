package mapfuzz

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/leakassert/leakassert/internal/digits"
	"github.com/leakassert/leakassert/internal/mapdrive"
	"github.com/leakassert/leakassert/internal/probe"
	"github.com/leakassert/leakassert/internal/session"
)

func (r *run) describe(f *mapdrive.Failure) string {
	text := fmt.Sprintf("mapfuzz: %s: %s (mode %s)", r.kind, f.What, f.Mode)
	again := ""
	if f.Scenario != nil {
		text += paragraph(f.Outcome.Columns(*f.Scenario, r.names))
		if f.Rounds > 0 {
			again = "it fails " + frequency(f.Failed, f.Rounds)
			if f.Scenario.Fresh && len(f.Scenario.Workers) > 1 {
				again += ", each with a new map"
			}
			again += "; "
		}
	}
	text += paragraph(stackLines(f))
	if !r.decoded {
		text += paragraph(fmt.Sprintf("%smapfuzz.Seed(%d) and mapfuzz.Workers(%d) make the same choices", again, r.seed, r.workers))
	}
	return text + paragraph(r.reproduction(f))
}

func stackLines(f *mapdrive.Failure) string {
	var b strings.Builder
	for _, line := range f.Stacks {
		b.WriteString(strings.TrimRight("    "+line, " \t") + "\n")
	}
	return b.String()
}

// paragraph separates text from what comes before it.
func paragraph(text string) string {
	if text = strings.TrimRight(text, "\n"); text == "" {
		return ""
	}
	return "\n\n" + text
}

// frequency describes how often a scenario failed.
func frequency(failed, rounds int) string {
	switch {
	case failed == rounds:
		return "in every round"
	case rounds/failed < 2:
		return fmt.Sprintf("in %s of %s rounds", digits.Group(failed), digits.Group(rounds))
	}
	return fmt.Sprintf("in 1 of %s rounds", digits.Group(rounds/failed))
}

// draw has porcupine draw the failed round if LEAKTEST or -artifacts asks for pictures. It returns
// where the picture is.
func (r *run) draw(f *mapdrive.Failure) string {
	env, _ := session.Environment()
	dir := env.Pictures
	a, ok := r.t.(interface{ ArtifactDir() string })
	if dir == "" && ok && probe.FlagSet("test.artifacts") {
		dir = a.ArtifactDir()
	}
	picture := f.Picture(r.names)
	switch {
	case picture == nil:
		return ""
	case dir == "":
		return "To draw it, set LEAKTEST=pictures=DIR or run go test -artifacts"
	}
	file := filepath.Join(dir, strings.Map(fileName, r.t.Name())+".html")
	err := os.MkdirAll(dir, 0o777)
	if err == nil {
		err = os.WriteFile(file, picture, 0o666)
	}
	if err != nil {
		return "no picture: " + err.Error()
	}
	return "picture: " + file
}

// fileName replaces characters of a test's name that some file systems do not allow.
func fileName(r rune) rune {
	if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
		return '_'
	}
	return r
}
