package mapdrive

import (
	"math/rand/v2"
	"time"
)

const (
	// A sequence that bytes stand for has no more operations, and each worker of the
	// second part no more than a few.
	mostDecoded  = 300
	mostOfWorker = 8
)

// Decode makes two scenarios of bytes, all of which mean something: one worker that
// does all operations, and some that share those after a prefix. The first byte
// says how many workers and keys there are, the second how long the prefix is, and
// each three that follow are an operation.
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
	together = together.mapped(func(op Op) (Op, bool) { return op, true }) // without workers that do nothing
	return alone, together
}

// Execute does what bytes stand for, the second part for so many rounds. What fails is
// made smaller, unless who has chosen the bytes does that.
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
