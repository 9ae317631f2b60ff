//go:build !unix

package program

import (
	"errors"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

const noPipes = "on " + runtime.GOOS + " no pipe leads to them"

func (p *Program) openPipe(bool) {}

func ownGroup(*exec.Cmd) (leads bool) { return false }

func (p *Program) killGroup() {}

func (p *Program) examine() (isGo, answers bool) { return false, false }

func quit(*os.Process) error { return errors.ErrUnsupported }

// Terminate is the signal that asks a program to end. Here a program can only be killed.
var Terminate = os.Kill

func signalName(syscall.Signal) string { return "" }
