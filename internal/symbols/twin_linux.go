package symbols

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/rebuild"
)

// otherwise is the remedy where a second build is not possible.
const otherwise = "run what go test -c makes, or name it: LEAKTEST=symbols=FILE"

// twin builds this test's binary with symbols, once a process. go test links with -s -w; go test -c
// does not and gives the same layout.
var twin = sync.OnceValues(func() ([]byte, error) {
	flags, env, err := rebuild.Settings()
	if err != nil {
		return nil, fmt.Errorf("%w: build it without -ldflags=-s", errNoSymbols)
	}
	tool, err := rebuild.Go()
	if err != nil {
		return nil, fmt.Errorf("%w; %s", err, otherwise)
	}
	dir, err := os.MkdirTemp("", "leakassert-symbols-")
	if err != nil {
		return nil, fmt.Errorf("no folder for a second build in TMPDIR=%s: %w; %s", os.TempDir(), errors.Unwrap(err), otherwise)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "twin.test")
	if err := build(tool, file, flags, env); err != nil {
		return nil, err
	}
	content, err := rebuild.MapFile(file)
	if err != nil {
		return nil, err
	}
	b, err := newBinary(content, func() {})
	if err == nil {
		err = b.verify()
	}
	if err != nil {
		unmap(content)
		switch {
		case errors.Is(err, errOtherBuild):
			err = fmt.Errorf("a second build differs in its flags; %s", otherwise)
		case errors.Is(err, errNoSymbols):
			err = fmt.Errorf("%w: leave out -ldflags=-s", err)
		}
		return nil, err
	}
	return content, nil
})

// build runs go test -c with the flags of a build.
func build(tool, file string, flags, env []string) error {
	limit := min(time.Minute, rebuild.UntilTimeout())
	if limit < time.Second {
		return fmt.Errorf("no time for a second build before the timeout of the test; %s", otherwise)
	}
	args := append([]string{"test", "-c", "-o", file}, flags...)
	// The build info does not have these flags.
	if mode := testing.CoverMode(); mode != "" {
		args = append(args, "-covermode="+mode)
	}
	if f := flag.Lookup("test.fuzz"); f != nil && f.Value.String() != "" {
		args = append(args, "-fuzz="+f.Value.String())
	}
	c := exec.Command(tool, append(args, ".")...)
	c.Dir, c.Env = rebuild.Dir(), env
	err := rebuild.Build(c, limit)
	if late := (*rebuild.TimeoutError)(nil); errors.As(err, &late) {
		return fmt.Errorf("the second build %w; %s", err, otherwise)
	}
	if err != nil {
		return fmt.Errorf("the package can't be built a second time: %w; %s", err, otherwise)
	}
	return nil
}
