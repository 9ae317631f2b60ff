// Package rebuild runs the go command on the package of this test binary, with the settings that the
// binary was built with.
package rebuild

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/leakassert/leakassert/internal/procstate"
)

// What the process was started with. Tests change both.
var (
	startDir, _ = os.Getwd()
	startEnv    = os.Environ()
)

// Dir returns the folder of the package.
func Dir() string { return startDir }

// Env returns the environment that the process was started with.
func Env() []string { return startEnv[:len(startEnv):len(startEnv)] }

// Go returns the file of the go command. go test puts the one that built the test first.
func Go() (string, error) {
	for _, v := range startEnv {
		path, ok := strings.CutPrefix(v, "PATH=")
		if !ok {
			continue
		}
		for _, dir := range filepath.SplitList(path) {
			if tool, err := exec.LookPath(filepath.Join(dir, "go")); err == nil && filepath.IsAbs(tool) {
				return tool, nil
			}
		}
	}
	return "", errors.New("the go command is not in PATH")
}

// ErrNoTest says that the binary is no test, or has no build info.
var ErrNoTest = errors.New("the binary is not a test that go test has built")

// Settings returns the flags and the environment that build this test's package again.
func Settings() (flags, env []string, err error) {
	info, ok := debug.ReadBuildInfo()
	if !ok || !strings.HasSuffix(info.Path, ".test") {
		return nil, nil, ErrNoTest
	}
	env = append(Env(), "GOTOOLCHAIN=local", "PWD="+startDir)
	for _, s := range info.Settings {
		switch {
		case strings.HasPrefix(s.Key, "-"):
			flags = append(flags, s.Key+"="+s.Value)
		case strings.HasPrefix(s.Key, "GO"), strings.HasPrefix(s.Key, "CGO_"):
			env = append(env, s.Key+"="+s.Value)
		}
	}
	return flags, env, nil
}

var processStart = procstate.Clock()

// UntilTimeout returns the time until the test's timeout ends the process, less some to report in.
func UntilTimeout() time.Duration {
	const reporting = 5 * time.Second
	f := flag.Lookup("test.timeout")
	if f == nil {
		return time.Hour
	}
	timeout, err := time.ParseDuration(f.Value.String())
	if err != nil || timeout <= 0 {
		return time.Hour
	}
	return timeout - (procstate.Clock() - processStart) - reporting
}

// firstError returns the first line of what a build has printed that is not the name of a package.
func firstError(output []byte) string {
	for line := range bytes.Lines(output) {
		if line = bytes.TrimSpace(line); len(line) > 0 && line[0] != '#' {
			return string(line)
		}
	}
	return ""
}

// A TimeoutError says that a command was killed because it took too long.
type TimeoutError struct{ Limit time.Duration }

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("was not done after %v", e.Limit.Round(time.Second))
}
