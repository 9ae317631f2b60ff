// Gen makes the dumps in testdata: it brings goroutines into every state that
// the runtime prints in a way of its own, and writes the text down with the
// paths of the machine replaced. From the package's directory:
//
//	go run ./testdata/gen -out testdata/go1.26
//	GOTOOLCHAIN=go1.27.4 go run ./testdata/gen -out testdata/go1.27
//	GOEXPERIMENT=goroutineleakprofile go run ./testdata/gen -out testdata/go1.26 -only leaked
//
// It takes a little over a minute, because the runtime tells only whole minutes
// of waiting. What cannot be done on the running system (cgo without a C
// compiler) is left out. Afterwards go test -run Golden -update.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// scene is one dump: a run of this program as its own child.
type scene struct {
	name string
	env  []string
}

var scenes = []scene{
	{"", []string{"GODEBUG=tracebacklabels=1"}},
	{"nolabels", []string{"GODEBUG=tracebacklabels=0"}},
	{"ancestors", []string{"GODEBUG=tracebacklabels=1,tracebackancestors=3"}},
	{"system", []string{"GODEBUG=tracebacklabels=1", "GOTRACEBACK=system"}},
	{"leaked", []string{"GODEBUG=tracebacklabels=1"}},
}

func main() {
	testing.Init()
	out := flag.String("out", "", "write `prefix`.txt and prefix-*.txt")
	only := flag.String("only", "", "make only the dump of this `name`")
	play := flag.String("play", "", "be the child that makes the dump of this `name`")
	flag.Parse()

	if *out == "" {
		perform(*play)
		return
	}
	var wg sync.WaitGroup
	for _, s := range scenes {
		if *only == "" || *only == s.name {
			wg.Go(func() { s.record(*out) })
		}
	}
	wg.Wait()
}

func (s scene) record(prefix string) {
	exe, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	cmd := exec.Command(exe, "-play", s.name)
	cmd.Env = append(os.Environ(), s.env...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = cmd.Run()
	text := stdout.Bytes()
	if s.name == "system" { // dies of a panic: that is what it is for
		text = stderr.Bytes()
	} else if err != nil {
		log.Printf("%s: %v: %s", s.name, err, stderr.Bytes())
		return
	}
	name := prefix + ".txt"
	if s.name != "" {
		name = prefix + "-" + s.name + ".txt"
	}
	if err := os.WriteFile(name, scrub(text), 0o644); err != nil {
		log.Fatal(err)
	}
}

// scrub replaces where this program and Go's own packages were compiled, and
// where this program was built to.
func scrub(text []byte) []byte {
	_, here, _, _ := runtime.Caller(0)
	std, _ := runtime.FuncForPC(reflect.ValueOf(fmt.Println).Pointer()).FileLine(reflect.ValueOf(fmt.Println).Pointer())
	goroot := strings.TrimSuffix(std, "/src/fmt/print.go")
	return []byte(strings.NewReplacer(
		filepath.Dir(here), "/src/app",
		goroot, "/usr/local/go",
	).Replace(string(text)))
}
