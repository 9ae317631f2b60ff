package program

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/leakassert/leakassert/internal/childpipe"
	"github.com/leakassert/leakassert/internal/probe"
)

// A pipe is the test's side of package childpipe.
type pipe struct {
	theirs  []*os.File // the program's ends, until it has started
	to      *os.File
	from    *os.File
	reader  *bufio.Reader
	greeted bool
	err     error // after which nothing is asked any more
}

// patience is how long the program may take to answer, and explaining how long if it must look at its heap.
const (
	patience   = 10 * time.Second
	explaining = 30 * time.Second
)

// started closes the ends that the program has inherited.
func (p *pipe) started() {
	if p != nil {
		for _, f := range p.theirs {
			f.Close()
		}
		p.theirs = nil
	}
}

func (p *pipe) close() {
	if p != nil {
		p.to.Close()
		p.from.Close()
		p.err = errors.New("the program was stopped")
	}
}

// greet waits for the program's greeting. ok is false if it has not come.
func (p *pipe) greet(pid int, limit time.Duration) (ok bool, err error) {
	if p.greeted || p.err != nil {
		return p.greeted, p.err
	}
	_ = p.from.SetReadDeadline(time.Now().Add(limit))
	line, err := p.reader.ReadString('\n')
	if err != nil {
		return false, nil // at the end too: the program has closed the pipe
	}
	version, from, ok := childpipe.ParseGreeting(line)
	switch {
	case !ok:
		p.err = fmt.Errorf("it answers %q", line)
	case version != childpipe.Version:
		p.err = errors.New("it was built with another version of leaktest/child: build it with the module of the test")
	case from != pid:
		p.err = fmt.Errorf("process %d answers, which the program has started: start that one itself, without a shell or go run", from)
	default:
		p.greeted = true
	}
	return p.greeted, p.err
}

// ask asks a question and returns the answer.
func (p *pipe) ask(question []byte, patience time.Duration) (answer []byte, err error) {
	if p.err != nil {
		return nil, p.err
	}
	defer func() {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = fmt.Errorf("the program has not answered for %v", patience)
		}
		p.err = err
	}()
	deadline := time.Now().Add(patience)
	_ = p.to.SetWriteDeadline(deadline)
	_ = p.from.SetReadDeadline(deadline)
	if _, err := p.to.Write(question); err != nil {
		return nil, err
	}
	line, err := p.reader.ReadString('\n')
	if err != nil {
		return nil, err
	}
	length, ok := childpipe.ParseHeader(line)
	if !ok {
		return nil, fmt.Errorf("the program answers %q", line)
	}
	if length == childpipe.MaxStacks {
		return nil, fmt.Errorf("its stacks take more than %d MiB", childpipe.MaxStacks>>20)
	}
	answer = make([]byte, length)
	_, err = io.ReadFull(p.reader, answer)
	return answer, err
}

// Stacks returns the stacks of the program's goroutines.
func (p *Program) Stacks() ([]byte, error) { return p.ask([]byte{childpipe.Ask}, patience) }

// Explain asks the program why it keeps some resources. The answer is empty if the program does not
// import package explain.
func (p *Program) Explain(q probe.Question) (a probe.Answer, err error) {
	if ok, _ := p.Answers(); !ok {
		return a, nil
	}
	text, err := json.Marshal(q)
	if err != nil {
		return a, err
	}
	if text, err = p.ask(append(append([]byte{childpipe.AskWhy}, text...), '\n'), explaining); err != nil || len(text) == 0 {
		return a, err
	}
	return a, json.Unmarshal(text, &a)
}

func (p *Program) ask(question []byte, patience time.Duration) ([]byte, error) {
	if p.paused() {
		return nil, errPaused
	}
	text, err := p.pipe.ask(question, patience)
	if err != nil && p.paused() { // meanwhile
		return nil, errPaused
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.EPIPE) {
		err = errors.New("the program has closed the pipe to the test, or executed another program in its place")
		if p.within(closing) {
			err = errors.New("the program has ended")
		}
		p.pipe.err = err
	}
	return text, err
}

// closing is how long the end of a program may come after its pipes are closed, which the kernel does first.
const closing = time.Second

var errPaused = errors.New("the program is stopped, as by SIGSTOP, and does not answer")

// Answers reports whether the program answers for its goroutines. If it does not, unseen says why, or
// is empty for a program that has none.
func (p *Program) Answers() (ok bool, unseen string) {
	if p.pipe == nil {
		return false, noPipes
	}
	// The greeting is there already unless the program has only just started, or has nobody to greet.
	ok, err := p.pipe.greet(p.PID(), time.Millisecond)
	if !ok && err == nil {
		isGo, answers := p.isGo()
		switch {
		case answers:
			if ok, err = p.pipe.greet(p.PID(), patience); !ok && err == nil {
				err = errors.New("it imports leaktest/child and does not answer: something has closed the pipes")
			}
		case isGo:
			return false, `it does not import leaktest/child: add import _ "github.com/leakassert/leakassert/leaktest/child" to it`
		}
	}
	if err != nil {
		return false, err.Error()
	}
	return ok, ""
}
