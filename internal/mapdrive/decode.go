package mapdrive

import (
	"math/rand/v2"
	"time"
)

const (
	// A decoded sequence has at most mostDecoded operations, and each worker of the second
	// scenario at most mostOfWorker.
	mostDecoded  = 300
	mostOfWorker = 8
)

// Decode makes two scenarios from any bytes. In the first one worker does all operations; in the
// second several workers share those after a prefix. The first byte gives the number of workers and
// keys, the second the length of the prefix, and every three bytes after them an operation.
func (d *Driver) Decode(data []byte) (alone, together Scenario) {
	head := [2]byte{}
	data = data[copy(head[:], data):]
	workers, keys := 2+int(head[0]%3), min(d.Keys, 1<<(head[0]/3%8))
	has := d.kinds(d.New())
	var ops []Op
	for ; len(data) >= 3 && len(ops) < mostDecoded; data = data[3:] {
		op := Op{Kind: has[int(data[0])%len(has)], Key: int(data[1]) % keys, Val: int(data[2]) % d.Vals, Old: int(data[0]/16) % d.Vals}
		if op.Kind == Range {
			op.Val %= 4
		}
		ops = append(ops, op)
	}
	alone = Scenario{Workers: [][]Op{ops}, Fresh: true}
	prefix := min(len(ops), int(head[1])%16)
	together = Scenario{Workers: make([][]Op, workers)}
	for _, op := range ops[:prefix] {
		if op.Kind <= LastOfKey && op.Kind != CompareAndSwap && op.Kind != CompareAndDelete {
			together.Setup = append(together.Setup, op)
		}
	}
	for i, op := range ops[prefix:] {
		if w := i % workers; len(together.Workers[w]) < mostOfWorker {
			together.Workers[w] = append(together.Workers[w], op)
		}
	}
	together.Workers = atWork(together.Workers)
	return alone, together
}

// Execute runs the decoded scenarios, the second one for the given number of rounds. If smaller, it
// minimises a failure; a fuzzer that chose the bytes does that itself.
func (d *Driver) Execute(data []byte, rounds int, smaller bool) *Failure {
	defer d.Busy()()
	d.rng = rand.New(rand.NewPCG(1, uint64(len(data))))
	d.until = time.Now().Add(time.Minute)
	alone, together := d.Decode(data)
	d.Enter("sequential")
	f := d.playOut(alone, d.New(), 1)
	if f == nil && rounds > 0 && len(together.Workers) > 1 {
		d.Enter("duel")
		f = d.playOut(together, d.New(), rounds)
	}
	if f != nil && smaller {
		f = d.minimise(f)
	}
	return d.Finish(f)
}
