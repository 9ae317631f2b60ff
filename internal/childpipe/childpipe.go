// Package childpipe is what a test and the program that it runs say to each other over two pipes.
// The program links it, so it imports little.
//
// The program first greets: "leaktest/child 2 PID\n". Then the test writes one [Ask] after the other,
// or [AskWhy] with a line that package explain reads. The program answers each with "stacks LENGTH\n"
// and as many bytes. They are none if it does not import package explain.
package childpipe

import (
	"strconv"
	"strings"
	"sync/atomic"
)

// Env is the environment variable with the program's two descriptors and their inodes,
// "3:4711,4:4712": it reads from the first and writes to the second. With ",trace" at the end, the program
// records its allocations if it imports package explain.
const Env = "LEAKTEST_CHILD"

// Version changes with the format.
const Version = "2"

// Ask is the byte that asks for the stacks of all goroutines.
const Ask = 's'

// AskWhy is the byte in front of a line that asks who holds what.
const AskWhy = 'w'

var (
	// Asked says that a test has started this program, and Traced that it asks for traces. Package child
	// sets them.
	Asked, Traced bool
	// Explain answers to [AskWhy]. Package explain sets it.
	Explain atomic.Pointer[func(question []byte) (answer []byte)]
)

// MaxStacks is how many bytes of stacks a program sends at most.
const MaxStacks = 64 << 20

// Server is the function that starts the goroutine which answers.
const Server = "github.com/leakassert/leakassert/leaktest/child.init.0"

const greets, answers = "leaktest/child ", "stacks "

// Greeting returns the first line of a program.
func Greeting(pid int) string { return greets + Version + " " + strconv.Itoa(pid) + "\n" }

// ParseGreeting reads the line of [Greeting]. ok is false if it is none.
func ParseGreeting(line string) (version string, pid int, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), greets)
	version, number, _ := strings.Cut(rest, " ")
	pid, err := strconv.Atoi(number)
	return version, pid, ok && err == nil
}

// Header returns the line in front of stacks.
func Header(length int) string { return answers + strconv.Itoa(length) + "\n" }

// ParseHeader reads the line of [Header].
func ParseHeader(line string) (length int, ok bool) {
	rest, ok := strings.CutPrefix(strings.TrimSuffix(line, "\n"), answers)
	length, err := strconv.Atoi(rest)
	return length, ok && err == nil && length >= 0 && length <= MaxStacks
}

// A Pipe is a descriptor of the program. Its inode shows whether the number still stands for the pipe.
type Pipe struct {
	FD    int
	Inode uint64
}

const traced = ",trace"

// Value returns the value of [Env].
func Value(in, out Pipe, trace bool) string {
	value := in.String() + "," + out.String()
	if trace {
		value += traced
	}
	return value
}

func (p Pipe) String() string { return strconv.Itoa(p.FD) + ":" + strconv.FormatUint(p.Inode, 10) }

// Pipes reads the value of [Env].
func Pipes(value string) (in, out Pipe, trace, ok bool) {
	value, trace = strings.CutSuffix(value, traced)
	first, second, _ := strings.Cut(value, ",")
	in, ok = parsePipe(first)
	out, ok2 := parsePipe(second)
	return in, out, trace, ok && ok2 && in.FD != out.FD
}

func parsePipe(text string) (p Pipe, ok bool) {
	number, inode, _ := strings.Cut(text, ":")
	fd, err := strconv.Atoi(number)
	p.FD = fd
	var err2 error
	p.Inode, err2 = strconv.ParseUint(inode, 10, 64)
	return p, err == nil && err2 == nil && fd > 2
}
