//go:build unix

package program

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/leakassert/leakassert/internal/procfd"
)

// list runs ps(1), which the systems without Linux's /proc have. It returns the processes that the arguments
// select.
func list(which ...string) (all []process, err error) {
	args := append(which, "-ww")
	for _, column := range []string{"pid", "ppid", "pgid", "stat", "lstart", "args"} {
		args = append(args, "-o", column+"=")
	}
	ctx, cancel := context.WithTimeout(context.Background(), killed)
	defer cancel()
	cmd := exec.CommandContext(ctx, "ps", args...)
	cmd.Env = append(os.Environ(), "LC_ALL=C") // for lstart
	cmd.WaitDelay = killed
	var text []byte
	procfd.Unseen(func() { text, err = cmd.Output() })
	for line := range strings.Lines(string(text)) {
		if q, ok := parsePS(line); ok {
			all = append(all, q)
		}
	}
	if err == nil && len(all) == 0 {
		err = errors.New("its lines are not readable")
	}
	if err != nil { // a note: this machine does not show them
		return nil, fmt.Errorf("the processes that a program leaves can't be seen: ps does not list them: %w: %w", err, errors.ErrUnsupported)
	}
	return all, nil
}

// parsePS reads "4711 1 4711 Ss Fri Nov 27 13:56:32 2026 sleep 3600".
func parsePS(line string) (q process, ok bool) {
	const stat, start, words = 3, 4, 9
	fields := strings.Fields(line)
	if len(fields) < words {
		return q, false
	}
	for i, to := range []*int{&q.pid, &q.parent, &q.group} {
		var err error
		if *to, err = strconv.Atoi(fields[i]); err != nil || *to < 0 {
			return q, false
		}
	}
	born, err := time.ParseInLocation("Mon Jan 2 15:04:05 2006", strings.Join(fields[start:words], " "), time.Local)
	q.state, q.birth, q.name = fields[stat][0], uint64(max(0, born.Unix())), strings.Join(fields[words:], " ")
	return q, err == nil
}

// kill kills a process, unless another one has its id by now.
func kill(q process) {
	if birth(q.pid) == q.birth {
		_ = syscall.Kill(q.pid, syscall.SIGKILL)
	}
}
