// Package rewritten has small concurrent programs as the tool that rewrites
// packages would leave them: for the tests of package explore. Most come in two
// forms, with a fault and mended.
package rewritten

// A Program is one that explore can run, made anew for each execution.
type Program struct {
	Setup func()
	Tasks []func()
	After func() string
}

// A Pair is a program with a fault and its mended twin.
type Pair struct {
	Name  string
	Make  func(broken bool) Program
	Fault string // what the report of the fault contains
	// Leak is true if the fault is a goroutine that is left.
	Leak bool
}

// Pairs are all of them.
var Pairs = []Pair{
	{"lost update", lostUpdate, "the counter is 1, want 2", false},
	{"check, then free", refcount, "used after it was freed", false},
	{"ABA", stack, "popped twice", false},
	{"locks in two orders", twoLocks, "deadlock: task 0 waits (Lock), task 1 waits (Lock)", false},
	{"flags of Dekker", dekker, "both inside", false},
	{"double-checked init", initialise, "not initialised", false},
	{"WaitGroup.Add in the goroutine", waitGroup, "Wait returned before the work was done", false},
	{"lost wake-up", wakeUp, "deadlock", false},
	{"timeout of an unbuffered channel", timeout, "left: task 2 (send)", true},
	{"slots of a buffered channel", slots, "deadlock: task 0 waits (send)", false},
	{"select with quit", quit, "lost", false},
	{"RWMutex upgrade", upgrade, "deadlock: task 0 waits (Lock)", false},
	{"RLock within RLock", nested, "deadlock: task 0 waits (RLock), task 1 waits (Lock)", false},
	{"bounded queue", queue, "took from an empty queue", false},
	{"pool", pooled, "used by two", false},
	{"bare spin lock", spinLock, "the counter is 1, want 2", false},
	{"unlock of another's lock", unlockTwice, "unlock of unlocked mutex", false},
	{"close of a closed channel", closeTwice, "close of closed channel", false},
	{"once by hand", once, "ran twice", false},
	{"TryLock and return", tryLock, "the counter is 1, want 2", false},
}
