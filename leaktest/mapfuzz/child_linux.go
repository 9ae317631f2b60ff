package mapfuzz

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/leakassert/leakassert/internal/instrument"
	"github.com/leakassert/leakassert/internal/names"
	"github.com/leakassert/leakassert/internal/rebuild"
)

const (
	// exploreTag is the build tag of a test binary that can explore.
	exploreTag = "leakassertexplore"
	// noDWARF makes the linker a third faster. Nothing in the child needs debugging information.
	noDWARF = "-w"
	// mostBuilding is how long a build may take, and mostEnding how long the child may take when its
	// budget is over: for a smaller scenario, or until a task counts as stuck.
	mostBuilding = 5 * time.Minute
	mostEnding   = time.Minute
	// quietTime is how long the child may take before its progress is shown.
	quietTime = 3 * time.Second
)

// inChild builds the test so that it can explore, and runs the job in a child process.
func inChild(j job, paths []string) (a answer, err error) {
	run := rebuild.Selecting(j.Test)
	switch {
	case run == nil:
		return a, fmt.Errorf("%s is no test that go test can run by its name", j.Test)
	case len(paths) == 0:
		return a, errors.New("the packages of the map are not known: pass them to Explore")
	}
	flags, env, err := rebuild.Settings()
	if err != nil {
		return a, err
	}
	tool, err := rebuild.Go()
	if err != nil {
		return a, err
	}
	if j.folder, err = os.MkdirTemp("", "leakassert-explore-"); err != nil {
		return a, err
	}
	defer os.RemoveAll(j.folder)
	flags = slices.DeleteFunc(flags, func(f string) bool { return strings.HasPrefix(f, "-cover") })
	flags = with(with(flags, "-tags=", ",", exploreTag), "-ldflags=", " ", noDWARF)
	b := build{tool: tool, env: env, flags: flags}
	p, err := b.program(paths)
	if err != nil {
		return a, err
	}
	j.Sites, j.Own, j.Packages = p.sites, paths, p.packages
	if err := p.write(j.file("explore.test")); err != nil {
		return a, err
	}
	if a, err = j.run(run); err != nil || j.Replay != "" || j.Around != nil {
		return a, err
	}
	return j.colliding(a, func(j job) (answer, error) { return j.run(run) })
}

// with adds a word to the list that a flag of a build has.
func with(flags []string, flag, separator, word string) []string {
	for i, f := range flags {
		if list, ok := strings.CutPrefix(f, flag); ok && list != "" {
			flags[i] = flag + list + separator + word
			return flags
		}
	}
	return append(flags, flag+word)
}

type build struct {
	tool       string
	flags, env []string
}

func (b build) command(ctx context.Context, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, b.tool, args...)
	c.Dir, c.Env = rebuild.Dir(), slices.Clip(b.env)
	return c
}

// build builds the child.
func (b build) build(paths []string) (p *program, err error) {
	limit := min(mostBuilding, rebuild.UntilTimeout())
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	defer func() {
		if err != nil && ctx.Err() != nil { // otherwise the error says only that a command was killed
			err = fmt.Errorf("the build %w", &rebuild.TimeoutError{Limit: limit})
		}
	}()
	var where []string // the modules come from
	for _, f := range b.flags {
		if name, _, _ := strings.Cut(f, "="); name == "-mod" || name == "-modfile" || name == "-overlay" {
			where = append(where, f)
		}
	}
	var t *instrument.Tool
	built := make(chan struct{})
	go func() { // each of the two waits for the go command
		defer close(built)
		t, err = instrument.Build(ctx, rebuild.Dir(), where...)
	}()
	patterns, failed := b.patterns(ctx, paths)
	<-built
	if err = cmp.Or(err, failed); err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "leakassert-explore-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "explore.test")
	args := slices.Concat([]string{"test", "-c", "-vet=off", "-o", file}, b.flags, t.Flags(patterns...), []string{"."})
	if err := rebuild.Build(b.command(ctx, args...), limit); err != nil {
		return nil, fmt.Errorf("the test can't be built to explore: %w", err)
	}
	p = &program{sites: t.Sites, packages: patterns}
	p.content, err = rebuild.MapFile(file)
	return p, err
}

// linked lists the packages of the test binary, each with its module, the package whose tests it was compiled
// for, and what it imports.
const linked = "{{.ImportPath}}\t{{with .Module}}{{.Path}}{{end}}\t{{.ForTest}}\t{{join .Imports \",\"}}"

// patterns returns the packages, with those of the same modules that they import. It asks the go command for
// the modules: the build info of a test binary has only the main one.
func (b build) patterns(ctx context.Context, paths []string) ([]string, error) {
	out, err := b.command(ctx, slices.Concat([]string{"list", "-deps", "-test", "-f", linked}, b.flags, []string{"."})...).Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return nil, fmt.Errorf("go list -deps -test: %s", strings.TrimSpace(string(exit.Stderr)))
	} else if err != nil {
		return nil, err
	}
	module, imports := make(map[string]string), make(map[string][]string) // of each package, its tests included
	for line := range strings.Lines(string(out)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 4 {
			continue
		}
		path, _, _ := strings.Cut(fields[0], " [")
		if path == fields[2]+"_test" {
			path = fields[2]
		}
		module[path] = fields[1]
		imports[path] = append(imports[path], strings.Split(fields[3], ",")...)
	}
	found := make(map[string]bool)
	var follow func(path string)
	follow = func(path string) {
		found[path] = true
		for _, dep := range imports[path] {
			dep, _, _ = strings.Cut(dep, " [")
			ours := module[dep]+"/" == names.Module && !strings.HasPrefix(dep, names.Module+"examples/")
			if module[dep] == module[path] && !ours && !found[dep] {
				follow(dep)
			}
		}
	}
	for _, path := range paths {
		switch m, ok := module[path]; {
		case m != "":
			follow(path)
		case !ok && !strings.HasSuffix(path, "..."):
			return nil, fmt.Errorf("the test does not import %s", path)
		default: // of the standard library
			found[path] = true
		}
	}
	return slices.Sorted(maps.Keys(found)), nil
}

// run runs the child and returns its answer.
func (j job) run(selects []string) (a answer, err error) {
	text, err := json.Marshal(j)
	if err == nil {
		err = os.WriteFile(j.file("job"), text, 0o600)
	}
	if err != nil {
		return a, err
	}
	_ = os.Remove(j.file("answer")) // of another run
	output, err := os.Create(j.file("output"))
	if err != nil {
		return a, err
	}
	defer output.Close()
	args := slices.Concat(rebuild.OtherFlags(os.Args[1:]), selects, []string{"-test.v", "-test.timeout=0"})
	c := exec.Command(j.file("explore.test"), args...)
	c.Dir = rebuild.Dir()
	c.Env = append(rebuild.Env(), "PWD="+rebuild.Dir(), jobVariable+"="+j.folder, "LEAKTEST="+os.Getenv("LEAKTEST"))
	if j.Hashes > 0 {
		c.Env = append(c.Env, fmt.Sprint(hashVariable, "=", j.Hashes))
	}
	c.Stdout, c.Stderr = output, output
	stop := j.showProgress()
	alike, err := rebuild.RunAlike(c, min(j.Budget+mostEnding, rebuild.UntilTimeout()))
	stop()
	printed, _ := os.ReadFile(output.Name()) // without it, the error has the status
	if a, ok := j.read(); ok && a.Progress == "" {
		if a.Race {
			a.Report += paragraph(raceReport(string(printed)))
		}
		if alike != nil {
			a.Limits = append(a.Limits, fmt.Sprintf("the hashes of built-in maps differ from process to process, so a schedule may not replay in another one: %v", alike))
		}
		return a, nil
	}
	if late := (*rebuild.TimeoutError)(nil); errors.As(err, &late) {
		return a, fmt.Errorf("the child process %w", err)
	}
	if err == nil {
		return a, fmt.Errorf("call %d of mapfuzz.Test in %s was not reached in the child process: %s", j.Call, j.Test, first(string(printed)))
	}
	playing, _ := os.ReadFile(j.file("playing"))
	if len(playing) > 0 {
		return answer{Report: fmt.Sprintf("mapfuzz: the map has ended the process: %s\n\n%s\n\n%s", first(string(printed)), playing, lastLines(string(printed), 40))}, nil
	}
	return a, fmt.Errorf("the child process has ended by itself (%w): %s\n\n%s", err, first(string(printed)), lastLines(string(printed), 40))
}

// raceReport returns the first report of the race detector.
func raceReport(printed string) string {
	const line = "==================\n"
	_, rest, _ := strings.Cut(printed, line)
	report, _, _ := strings.Cut(rest, line)
	return report
}

// showProgress prints what the child has explored, until stop is called.
func (j job) showProgress() (stop func()) {
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(quietTime)
		defer tick.Stop()
		for {
			select {
			case <-done:
				return
			case <-tick.C:
				if a, ok := j.read(); ok && a.Progress != "" {
					fmt.Fprintf(os.Stderr, "mapfuzz: %s: exploring: %s\n", j.Test, a.Progress)
				}
			}
		}
	}()
	return func() { close(done); <-ended }
}
