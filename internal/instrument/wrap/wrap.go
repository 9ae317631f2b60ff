// Package wrap is the command that go test -toolexec runs: it hands rewritten copies of marked packages to the compiler and runs everything else as it is.
package wrap

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/leakassert/leakassert/internal/explore/shim"
	"github.com/leakassert/leakassert/internal/instrument"
	"github.com/leakassert/leakassert/internal/instrument/rewrite"
)

// Main runs a command of the go command's and returns its exit status. Its arguments are -sites DIR, then the command.
func Main(args []string, s rewrite.Shim) int {
	flags := flag.NewFlagSet("leakassert", flag.ContinueOnError)
	sites := flags.String("sites", "", "the `folder` that receives the tables of sites")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	command := flags.Args()
	if len(command) == 0 {
		fmt.Fprintln(os.Stderr, "leakassert: no command: this program is for go test -toolexec")
		return 2
	}
	c, ok := parse(command)
	if !ok {
		return pass(command)
	}
	return c.run(*sites, s)
}

// run compiles the rewritten package. What of it the compiler refuses stays as it is and is listed, if need be all of it: a build never fails because of the rewriting.
func (c *compilation) run(dir string, s rewrite.Shim) int {
	if c.generated() {
		return pass(c.command)
	}
	var refused []rewrite.Refusal
	for {
		result, command, err := c.rewrite(dir, s, refused)
		if err != nil {
			return c.giveUp(dir, nil, err)
		}
		if len(result.Sites) == 0 {
			if !c.write(dir, nil, result.Left) {
				return 1
			}
			return pass(c.command)
		}
		out, err := exec.Command(command[0], command[1:]...).CombinedOutput()
		if err == nil {
			os.Stdout.Write(out)
			if !c.write(dir, result.Sites, result.Left) {
				return 1
			}
			return 0
		}
		more := refusals(string(out), refused)
		if len(more) == 0 {
			return c.giveUp(dir, result.Left, fmt.Errorf("the compiler refused the rewritten sources: %s", out))
		}
		refused = append(refused, more...)
	}
}

// diagnostic is a line of the compiler's errors.
var diagnostic = regexp.MustCompile(`(?m)^(.+\.go):(\d+)(?::\d+)?: (.*)$`)

// refusals returns the lines of the compiler's errors that were not refused before.
func refusals(out string, before []rewrite.Refusal) (more []rewrite.Refusal) {
	for _, match := range diagnostic.FindAllStringSubmatch(out, -1) {
		line, _ := strconv.Atoi(match[2])
		refusal := rewrite.Refusal{Base: filepath.Base(match[1]), Line: line, Reason: "the compiler refused it rewritten: " + match[3]}
		same := func(r rewrite.Refusal) bool { return r.Base == refusal.Base && r.Line == refusal.Line }
		if refusal.Base != shimName && !slices.ContainsFunc(before, same) {
			more = append(more, refusal)
		}
	}
	return more
}

// shimName is the name of the helpers' file in stacks. It is the same in every build, so that equal sources have equal output.
const shimName = "leakassert_shim.go"

func (c *compilation) giveUp(dir string, left []instrument.Left, reason error) int {
	left = append(left, instrument.Left{Package: c.value("-p"), What: "the package", Reason: reason.Error()})
	if !c.write(dir, nil, left) {
		return 1
	}
	return pass(c.command)
}

// write writes the package's tables, or reports why it can't. Their name has the build ID, so that tables of other builds, whose output the build cache still holds, stay.
func (c *compilation) write(dir string, sites []instrument.Site, left []instrument.Left) bool {
	path := os.Getenv("TOOLEXEC_IMPORTPATH")
	if path == "" {
		path = c.value("-p")
	}
	id, _, _ := strings.Cut(c.value("-buildid"), "/")
	err := instrument.WriteSites(dir, instrument.TableName(path, id), sites, left)
	if err != nil {
		fmt.Fprintln(os.Stderr, "leakassert: can't write the tables of sites, without which no switch has a name:", err)
	}
	return err == nil
}

// rewrite rewrites the package's files into a folder beside the compiler's output and returns the command that compiles them.
func (c *compilation) rewrite(dir string, s rewrite.Shim, refused []rewrite.Refusal) (*rewrite.Result, []string, error) {
	imports, err := readImportConfig(c.value("-importcfg"))
	if err != nil {
		return nil, nil, err
	}
	known, err := instrument.ReadSites(dir)
	if err != nil {
		return nil, nil, err
	}
	p := rewrite.Package{
		Path:      c.value("-p"),
		GoVersion: c.value("-lang"),
		Importer:  imports.importer(),
		CanImport: imports.has,
		Refused:   refused,
		Taken: func(site instrument.Site) bool {
			other, ok := known.Site(site.Number)
			return ok && other != site
		},
	}
	files := c.command[c.files:]
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, nil, err
		}
		absolute, err := filepath.Abs(name)
		if err != nil {
			return nil, nil, err
		}
		p.Files = append(p.Files, rewrite.Source{Name: absolute, Text: text})
	}
	if len(files) == 0 {
		return nil, nil, errors.New("no Go files")
	}
	result, err := rewrite.Rewrite(p, s)
	if err != nil || len(result.Sites) == 0 {
		return result, nil, err
	}
	// The folder that the go command gives each compilation has a name that the compiler leaves out of its output. This one, below it, has no name of its own.
	folder := filepath.Join(filepath.Dir(c.value("-o")), "leakassert")
	if err := errors.Join(os.RemoveAll(folder), os.Mkdir(folder, 0o777)); err != nil {
		return nil, nil, err
	}
	command := append([]string{}, c.command[:c.files]...)
	for i, arg := range command {
		if strings.HasPrefix(arg, "-lang=") {
			command[i] = "-lang=" + result.GoVersion
		}
	}
	write := func(base string, text []byte) error {
		name := filepath.Join(folder, base)
		command = append(command, name)
		return os.WriteFile(name, text, 0o666)
	}
	for i, file := range result.Files {
		if !result.Changed[i] {
			command = append(command, files[i])
		} else if err := write(filepath.Base(file.Name), file.Text); err != nil {
			return nil, nil, err
		}
	}
	line := fmt.Sprintf("//line %s:1:1\n", filepath.Join(filepath.Dir(p.Files[0].Name), shimName))
	err = write(shimName, append([]byte(line), result.Shim...))
	return result, command, err
}

// Helpers is the shim of controlled schedules.
type Helpers struct{}

func (Helpers) Lookup(fullName string) (shim.Helper, bool) { return shim.Lookup(fullName) }

func (Helpers) File(pkgPath, pkgName string, used []string) ([]byte, error) {
	return shim.File(pkgPath, pkgName, used)
}
