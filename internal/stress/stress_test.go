//go:build unix

// Package stress runs a command of tests beside busy processors, once in each of
// some settings, and says which fail:
//
//	go test ./internal/stress -v -timeout 0 -args [-k N] [-set LIST] [-timeout D] -- go test ./leaktest -run X
//
// A setting is plain, race (the race detector), or a variable of the environment.
// The variable is set for the tests of a go test command, and not for the compiler.
// The command runs in the root of the module.
package stress

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

var (
	busy     = flag.Int("k", 2*runtime.NumCPU(), "busy threads")
	settings = flag.String("set", strings.Join(all(), ","), "settings, separated by commas")
	limit    = flag.Duration("timeout", 10*time.Minute, "of one setting; one that takes longer fails")
)

// TestMain runs the tests of this package, or the command that the arguments are.
func TestMain(m *testing.M) {
	flag.Parse()
	if flag.NArg() > 0 {
		stress()
		return
	}
	os.Exit(m.Run())
}

func stress() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	parent := os.Getppid()
	go func() { // go test may be killed, which nothing tells its child
		for os.Getppid() == parent {
			time.Sleep(100 * time.Millisecond)
		}
		stop()
	}()
	load(*busy)
	failed := 0
	names := strings.Split(*settings, ",")
	for _, s := range names {
		if !run(ctx, s, *limit, flag.Args()) {
			failed++
		}
		if ctx.Err() != nil {
			fmt.Fprintln(os.Stderr, "stress: interrupted")
			os.Exit(1)
		}
	}
	if failed > 0 {
		fmt.Printf("%d of %d settings failed\n", failed, len(names))
		os.Exit(1)
	}
}

// all are the settings that a test must pass in.
func all() []string {
	settings := []string{"plain", "GOMAXPROCS=1", "GOMAXPROCS=16", "GOGC=10", "GOGC=off", "GOMEMLIMIT=200MiB"}
	if slices.ContainsFunc(metrics.All(), func(d metrics.Description) bool {
		return d.Name == "/godebug/non-default-behavior/asynctimerchan:events" // up to Go 1.26
	}) {
		settings = append(settings, "GODEBUG=asynctimerchan=1")
	}
	return append(settings, "race")
}

// load keeps k threads busy until this process ends, however it ends.
func load(k int) {
	runtime.GOMAXPROCS(k + 2) // and some for the rest of this program
	for range k {
		go func() {
			//lint:ignore SA5002 the processor is to be busy
			for {
			}
		}()
	}
}

// run runs the command in one setting, and prints its output if it fails.
func run(ctx context.Context, setting string, limit time.Duration, command []string) bool {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	args, env := arrange(setting, command)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = filepath.Join("..", "..") // of this package's folder
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	began := time.Now()
	output, err := cmd.CombinedOutput()
	took := time.Since(began).Round(100 * time.Millisecond)
	if err == nil {
		fmt.Printf("ok    %-26s %v\n", setting, took)
		return true
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("not over after %v", limit)
	}
	fmt.Printf("FAIL  %-26s %v: %v\n%s\n", setting, took, err, output)
	return false
}

// arrange returns the command in a setting, and what is set in its environment.
func arrange(setting string, command []string) (args, env []string) {
	isTest := len(command) > 1 && command[0] == "go" && command[1] == "test"
	flags := 2
	if len(command) > 4 && command[2] == "-C" { // it must stay the first
		flags = 4
	}
	name, value, isVariable := strings.Cut(setting, "=")
	if name == "GODEBUG" && os.Getenv(name) != "" {
		setting = name + "=" + os.Getenv(name) + "," + value
	}
	switch {
	case setting == "race" && isTest:
		return slices.Insert(slices.Clone(command), flags, "-race"), nil
	case isVariable && isTest:
		return slices.Insert(slices.Clone(command), flags, "-exec=env "+setting), nil
	case isVariable:
		return command, []string{setting}
	}
	return command, nil
}
