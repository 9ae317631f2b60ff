// Package broken has maps with one realistic mistake each, below the comment
// "Mistake:". None fails a test of what its methods return that has one goroutine and
// does not write in Range's callback, and the race detector finds nothing in any.
package broken
