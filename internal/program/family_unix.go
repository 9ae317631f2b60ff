//go:build unix && !linux

package program

import "strconv"

// processes lists all processes.
func processes() ([]process, error) { return list("-A") }

func below(int) ([]process, error) { return processes() }

func find(pid int) (q process, ok bool) {
	all, err := list("-p", strconv.Itoa(pid))
	if err != nil || len(all) != 1 {
		return q, false
	}
	return all[0], true
}

// hasMark is for systems that show the environment of a process.
func hasMark(int, string) bool { return false }

func (q process) command() string { return short(q.name) }
