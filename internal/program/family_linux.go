package program

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/leakassert/leakassert/internal/procfd"
)

// processes lists all processes that /proc shows. A /proc without this process is none: it may be an empty folder
// where nothing is mounted.
func processes() (all []process, err error) {
	procfd.Unseen(func() {
		var names []string
		var dir *os.File
		if dir, err = os.Open("/proc"); err != nil {
			return
		}
		names, err = dir.Readdirnames(-1)
		dir.Close()
		for _, name := range names {
			if pid, err := strconv.Atoi(name); err == nil {
				if q, ok := look(pid); ok {
					all = append(all, q)
				}
			}
		}
		if err == nil && len(all) == 0 {
			err = errors.New("/proc shows no processes")
		}
	})
	if err != nil {
		err = fmt.Errorf("%w: %w", err, errors.ErrUnsupported) // a note: this machine does not show them
	}
	return all, err
}

// below lists the processes that a process has started, and those that these have. It reads the lists
// of children, which cost little, or all processes if the kernel has no such lists.
func below(pid int) (all []process, err error) {
	ok := true
	procfd.Unseen(func() {
		pending := []int{pid}
		for seen := map[int]bool{pid: true}; len(pending) > 0 && ok; pending = pending[1:] {
			var of []int
			of, ok = children(pending[0])
			for _, child := range of {
				if q, there := look(child); there && !seen[child] {
					seen[child] = true
					all, pending = append(all, q), append(pending, child)
				}
			}
		}
	})
	if !ok {
		return processes()
	}
	return all, nil
}

// children reads the children of each thread of a process. ok is false if the kernel has no such files.
func children(pid int) (pids []int, ok bool) {
	tasks := "/proc/" + strconv.Itoa(pid) + "/task/"
	threads, err := os.ReadDir(tasks)
	if err != nil {
		_, proc := os.Stat("/proc/self/stat")
		return nil, proc == nil // it has ended
	}
	for _, t := range threads {
		text, err := os.ReadFile(tasks + t.Name() + "/children")
		if err != nil {
			if _, gone := os.Stat(tasks + t.Name()); gone == nil {
				return nil, false
			}
		}
		for number := range strings.FieldsSeq(string(text)) {
			if pid, err := strconv.Atoi(number); err == nil {
				pids = append(pids, pid)
			}
		}
	}
	return pids, true
}

// look reads /proc/PID/stat. ok is false if there is no such process any more.
func look(pid int) (q process, ok bool) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return q, false
	}
	return parseStat(pid, string(text))
}

// parseStat reads "4711 (name) S 1 4711 4711 …". The name may contain parentheses and spaces. See
// proc_pid_stat(5).
func parseStat(pid int, text string) (q process, ok bool) {
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return q, false
	}
	fields := strings.Fields(text[end+1:])
	const birth = 22 - 3 // the fields of the manual page, from 1, after the name
	if len(fields) <= birth || len(fields[0]) != 1 {
		return q, false
	}
	q = process{pid: pid, state: fields[0][0], name: text[open+1 : end]}
	for i, to := range []*int{&q.parent, &q.group, &q.session} {
		if *to, _ = strconv.Atoi(fields[1+i]); *to < 0 {
			return q, false
		}
	}
	q.birth, _ = strconv.ParseUint(fields[birth], 10, 64)
	return q, true
}

// find returns a process, if it is there.
func find(pid int) (q process, ok bool) {
	procfd.Unseen(func() { q, ok = look(pid) })
	return q, ok
}

// hasMark reports whether a process was started with the mark in its environment.
func hasMark(pid int, mark string) (has bool) {
	procfd.Unseen(func() {
		text, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/environ") // others' can't be read
		has = bytes.Contains(append([]byte{0}, text...), []byte("\x00"+mark+"\x00"))
	})
	return has
}

// command returns the words that a process was started with, or its name.
func (q process) command() (words string) {
	procfd.Unseen(func() {
		text, _ := os.ReadFile("/proc/" + strconv.Itoa(q.pid) + "/cmdline")
		words = strings.TrimSpace(strings.ReplaceAll(string(text), "\x00", " "))
	})
	if words == "" {
		return q.name
	}
	return short(words)
}
