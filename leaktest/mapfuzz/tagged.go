//go:build leakassertexplore

package mapfuzz

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/leakassert/leakassert/internal/digits"
	"github.com/leakassert/leakassert/internal/explore"
	"github.com/leakassert/leakassert/internal/instrument"
	"github.com/leakassert/leakassert/internal/mapdrive"
	"github.com/leakassert/leakassert/internal/mapexplore"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/session"
)

func init() { exploreHere, exploreFuncHere = exploreNow, exploreFuncNow }

// mostLeft is how many places that are no points are listed.
const mostLeft = 3

// places returns the names of the points. The notes say what of the packages is no point of any schedule, and
// chance where the map can do something else each time.
func (j job) places() (places instrument.Sites, notes, chance []string) {
	places, err := instrument.ReadSites(j.Sites)
	if err != nil {
		notes = append(notes, fmt.Sprintf("places have no names: %v", err))
	}
	all, err := instrument.ReadLeft(j.Sites)
	if err != nil {
		return places, append(notes, fmt.Sprintf("what is no point of a schedule is not known: %v", err)), nil
	}
	n := 0
	of := func(l instrument.Left) string {
		pkg, _, _ := strings.Cut(l.Package, " [")
		return pkg
	}
	slices.SortStableFunc(all, func(a, b instrument.Left) int { // the map's own packages first
		return slices.Index(j.Own, strings.TrimSuffix(of(b), "_test")) - slices.Index(j.Own, strings.TrimSuffix(of(a), "_test"))
	})
	for _, l := range all {
		pkg := of(l)
		if names.StdPackage(pkg) || !slices.Contains(j.Packages, strings.TrimSuffix(pkg, "_test")) {
			continue // of the standard library the locks are left, which are controlled in another way
		}
		if l.Reason == instrument.Chance {
			if len(chance) < mostLeft {
				chance = append(chance, fmt.Sprintf("not controlled: %s  %s:%d  %s: %s", pkg, filepath.Base(l.File), l.Line, l.What, l.Reason))
			}
			continue
		}
		if n++; n <= mostLeft {
			notes = append(notes, fmt.Sprintf("no point of a schedule: %s  %s:%d  %s: %s", pkg, filepath.Base(l.File), l.Line, l.What, l.Reason))
		}
	}
	if n > mostLeft {
		notes = append(notes, fmt.Sprintf("and %d more places are no points of a schedule", n-mostLeft))
	}
	return places, notes, chance
}

// exploreNow explores the map of a run in this process.
func exploreNow(r *run, j job) (a answer) {
	places, limits, chance := j.places()
	a.Limits = limits
	r.d.Plays = func(_ string, s mapdrive.Scenario) {
		_ = os.WriteFile(j.file("playing"), []byte(s.Planned().Columns(s, r.names)), 0o600) // without it only the hint is lost
	}
	e := mapexplore.Explorer{Driver: r.d, Budget: r.budget, Progress: func(p mapexplore.Report) {
		j.answer(answer{Progress: fmt.Sprintf("%s schedules, switched at %d of %d places", digits.Group(p.Schedules), p.Switched, p.Sites)})
	}}
	if s, err := r.d.Unpack(j.Around); len(j.Around) > 0 && err == nil {
		e.Around = &s
	}
	if j.Hashes == 0 && !r.uniqueHashes && e.Around == nil {
		e.Spare = spare(r.budget)
	}
	defer r.bounded(j)()
	var found *mapexplore.Found
	if j.Replay != "" {
		s, schedule, err := mapexplore.Parse(r.d, j.Replay)
		if err == nil {
			found, err = e.Again(s, schedule)
		}
		if err != nil {
			a.Report = fmt.Sprintf("mapfuzz: %s: LEAKTEST=replay: %v", r.kind, err)
			if errors.Is(err, mapexplore.ErrDiverged) {
				a.Limits = append(a.Limits, chance...)
			}
			return a
		}
		a.Notes = append(a.Notes, "the schedule was replayed")
	} else {
		report, err := e.Run()
		a.Notes, a.Limits = report.Summary(), append(a.Limits, report.Limits()...)
		if a.Short = fmt.Sprintf("%s schedules hold", digits.Group(report.Schedules)); report.Found != nil {
			a.Short = a.Notes[0]
		}
		a.Hashed = report.Hashed && e.Spare > 0
		if len(report.Limits()) > 0 {
			a.Limits = append(a.Limits, chance...)
		}
		if found = report.Found; found == nil && err != nil {
			a.Report = fmt.Sprintf("mapfuzz: %s: not explored: %v", r.kind, err)
		}
	}
	if found != nil {
		a.Report, a.Race = r.tells(found, places, j), found.Race
		for _, w := range found.Failure.Scenario.Workers {
			a.Ops += len(w)
		}
	}
	return a
}

// tells describes a fault with the schedule that shows it.
func (r *run) tells(found *mapexplore.Found, places instrument.Sites, j job) string {
	f := found.Failure
	f.Rounds = 0 // the schedule shows it each time
	how := "explored: " + found.Shape
	if found.Shape == "" {
		how = "replayed"
	}
	if j.Hashes > 0 {
		how += ", " + equalHashes(j.Hashes)
	}
	text := fmt.Sprintf("mapfuzz: %s: %s (%s)", r.kind, f.What, how)
	text += paragraph(f.Outcome.Columns(*f.Scenario, r.names)) + paragraph(stackLines(f))
	if story := found.Story(r.names, places); story != "" {
		text += paragraph("the schedule:\n" + story)
	}
	if found.Race {
		return text
	}
	if env, _ := session.Environment(); env.Pictures != "" {
		text += paragraph(r.draw(f))
	}
	return text + paragraph(replayed(withHashes(j.Hashes, found.Token()), j.Test))
}

// exploreFuncNow explores a program in this process.
func exploreFuncNow(program func(*Schedule), r *run, j job) (a answer) {
	places, limits, chance := j.places()
	a.Limits = limits
	var s *Schedule
	workers := 0
	c := explore.Config{
		Seed: r.seed, Until: time.Now().Add(r.budget), Chance: mostByChance,
		New: func() explore.Program {
			s = new(Schedule)
			program(s)
			workers = len(s.workers)
			return explore.Program{Setup: s.setup, Tasks: s.workers, After: func() string {
				if s.after != nil {
					s.after()
				}
				return ""
			}}
		},
	}
	c.Judge = func(e *explore.Execution) string {
		if len(s.wrong) > 0 {
			return strings.Join(s.wrong, "\n")
		}
		for _, w := range e.Left {
			file, line, _, operation := places.Name(w.Site)
			return fmt.Sprintf("a goroutine is left when all have returned: it waits at %s:%d (%s)", filepath.Base(file), line, operation)
		}
		return ""
	}
	message, token, execution := "", explore.Token{}, (*explore.Execution)(nil)
	var err error
	if j.Replay != "" {
		token, err = explore.ParseToken(j.Replay)
		if err == nil {
			execution, message, err = explore.Replay(c, token)
		}
		if err == nil && execution.Diverged && message == "" {
			err = mapexplore.ErrDiverged
		}
		a.Notes = append(a.Notes, "the schedule was replayed")
	} else {
		var result explore.Result
		if result, err = explore.Explore(c); result.Fault != nil {
			f := result.Fault
			c.Until = time.Now().Add(time.Second)
			if least, failed := explore.Minimise(c, f); failed == nil && least != nil {
				f = least
			}
			message, token, execution = f.Message, f.Token, f.Execution
			a.Notes = append(a.Notes, fmt.Sprintf("found after %s schedules", digits.Group(result.Schedules)))
		} else if err == nil {
			a.Notes = append(a.Notes, result.Summary())
			if result.Diverged+result.Unconfirmed > 0 {
				a.Limits = append(a.Limits, fmt.Sprintf("%s executions did something else than their schedule was made for, and %s faults were not seen again: the program depends on what is not controlled",
					digits.Group(result.Diverged), digits.Group(result.Unconfirmed)))
				a.Limits = append(a.Limits, chance...)
			}
		}
	}
	switch {
	case message != "":
		a.Report = "mapfuzz: " + message
		if execution.Panic != nil {
			a.Report += paragraph(execution.Panic.Stack)
		}
		if story := mapexplore.Story(execution, workers, func(int, int) string { return "" }, places); story != "" {
			a.Report += paragraph("the schedule:\n" + story)
		}
		a.Report += paragraph(replayed(token.String(), j.Test))
	case err != nil:
		a.Report = fmt.Sprintf("mapfuzz: not explored: %v", err)
	}
	return a
}

// replayed says how to play a schedule again.
func replayed(token, test string) string {
	return fmt.Sprintf("LEAKTEST=replay=%s go test -run '%s' plays this schedule again", token, names.Pattern(test))
}

const mostByChance = 1 << 30 // as many as there is time for
