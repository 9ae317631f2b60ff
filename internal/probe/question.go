package probe

// A Question asks another process about resources of one kind that it keeps.
type Question struct {
	Kind string
	IDs  []string // the numbers of goroutines or descriptors
}

// An Answer has what the other process knows.
type Answer struct {
	Of    map[string]Known // by ID
	Notes []string
}

// Known is what a process knows about one of its resources.
type Known struct {
	Evidence []Evidence
	Frames   []Frame // of the call that has acquired it
	Proven   bool
}
