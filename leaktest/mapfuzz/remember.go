package mapfuzz

import (
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"github.com/leakassert/leakassert/internal/mapdrive"
	"github.com/leakassert/leakassert/internal/report"
)

// A fatal error of the runtime, such as concurrent map writes, ends the process, and nothing says what
// was played. So the scenario is in a file while it is played, and the next run of the test finds it.

// remembering has the beginnings of the files in use.
var remembering sync.Map

// remember has each scenario written to a file until r.forget is called. It returns what earlier runs
// of the test have left. Without a file nothing is remembered.
func (r *run) remember() (last []string) {
	r.forget = func() {}
	dir, err := os.Getwd() // of the package
	if err != nil {
		return nil
	}
	test := fnv.New64a()
	fmt.Fprint(test, dir, "\n", r.t.Name(), "\n", r.kind)
	prefix := filepath.Join(os.TempDir(), fmt.Sprintf("leakassert-mapfuzz-%x-", test.Sum64()))
	if _, busy := remembering.LoadOrStore(prefix, true); busy { // the test runs twice
		return nil
	}
	files, _ := filepath.Glob(prefix + "*") // the pattern is valid
	for _, name := range files {
		pid, err := strconv.Atoi(strings.TrimPrefix(name, prefix))
		if err != nil || runs(pid) && pid != os.Getpid() {
			continue
		}
		if text, err := os.ReadFile(name); err == nil {
			last = append(last, string(text))
		}
		_ = os.Remove(name) // it may be another user's
	}
	file, err := os.OpenFile(prefix+strconv.Itoa(os.Getpid()), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if err != nil {
		remembering.Delete(prefix)
		return last
	}
	var text []byte
	r.d.Plays = func(mode string, s mapdrive.Scenario) {
		text = s.Pack(append(append(text[:0], mode...), '\n'))
		_, _ = file.WriteAt(text, 0) // a full disk only costs the hint
	}
	r.forget = func() {
		remembering.Delete(prefix)
		_ = file.Close()
		_ = os.Remove(file.Name())
	}
	return last
}

// runs reports whether a process is alive.
func runs(pid int) bool {
	p, err := os.FindProcess(pid)
	return err == nil && !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// again plays what earlier runs have played last. It prints each scenario before, because the process
// may end again.
func (r *run) again(last []string) *mapdrive.Failure {
	for _, text := range last {
		mode, packed, _ := strings.Cut(text, "\n")
		s, err := r.d.Unpack([]byte(packed))
		if err != nil {
			continue // the map has changed
		}
		fmt.Fprintf(os.Stderr, "--- WARN: %s\n    %s\n", r.t.Name(), report.Indented(fmt.Sprintf(
			"mapfuzz: %s: an earlier run ended while it played this (mode %s), which is played again:\n\n%s",
			r.kind, mode, s.Planned().Columns(s, r.names))))
		if f := r.d.Again(mode, s, r.budget/4); f != nil {
			return f
		}
		r.notes = append(r.notes, "what an earlier run played when it ended was played again, without a fault")
	}
	return nil
}
