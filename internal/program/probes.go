package program

import (
	"strconv"

	"github.com/leakassert/leakassert/internal/probe"
)

// Kind is that of processes.
const Kind = "process"

func processLeak(q process, columns ...string) probe.Leak {
	return probe.Leak{
		Kind: Kind, Unit: "process", Units: "processes", ID: strconv.Itoa(q.pid) + " " + strconv.FormatUint(q.birth, 10),
		Names: []string{strconv.Itoa(q.pid)}, Columns: columns, Owned: true,
	}
}

// Zombies is the probe for processes that have ended and that the program has not waited for.
type Zombies struct{ Of *Program }

func (Zombies) Kind() string { return Kind }

func (z Zombies) Start(probe.Scope) (probe.Watch, error) {
	w := &zombieWatch{of: z.Of}
	all, err := w.zombies()
	w.before = make(map[string]bool, len(all))
	for _, l := range all {
		w.before[l.ID] = true
	}
	return w, err
}

type zombieWatch struct {
	probe.Nothing
	of     *Program
	before map[string]bool
}

func (w *zombieWatch) zombies() (leaks []probe.Leak, err error) {
	all, err := below(w.of.PID())
	w.of.meet(all)
	for _, q := range all {
		if q.parent == w.of.PID() && q.ended() {
			leaks = append(leaks, processLeak(q, q.name, "zombie: the program has not waited for it"))
		}
	}
	return leaks, err
}

func (w *zombieWatch) Grown() (leaks []probe.Leak, err error) {
	all, err := w.zombies()
	for _, l := range all {
		if !w.before[l.ID] {
			leaks = append(leaks, l)
		}
	}
	return leaks, err
}

// Left is the probe for processes that still run when the program has ended.
type Left struct{ Of *Program }

func (Left) Kind() string { return Kind }

func (l Left) Start(probe.Scope) (probe.Watch, error) { return leftWatch{of: l.Of}, nil }

type leftWatch struct {
	probe.Nothing
	of *Program
}

func (w leftWatch) Grown() (leaks []probe.Leak, err error) {
	left, err := w.of.left()
	for _, q := range left {
		leaks = append(leaks, processLeak(q, q.command(), "still runs after the program"))
	}
	return leaks, err
}

// Any stands for both probes in the options of a check.
type Any struct{}

func (Any) Kind() string { return Kind }

func (Any) Start(probe.Scope) (probe.Watch, error) { return probe.Nothing{}, nil }
