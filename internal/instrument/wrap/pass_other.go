//go:build !unix

package wrap

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// pass runs the command with this process's streams.
func pass(command []string) int {
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err == nil || errors.As(err, &exit) {
		return cmd.ProcessState.ExitCode()
	}
	fmt.Fprintf(os.Stderr, "leakassert: %s: %v\n", command[0], err)
	return 1
}
