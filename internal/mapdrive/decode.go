package mapdrive

import (
	"math/rand/v2"
	"time"
)

const (
	// A sequence that bytes stand for has no more operations, and each of the two
	// workers no more than a few.
	mostDecoded  = 300
	mostOfWorker = 4
	// executeRounds of the workers' part are played in one execution.
	executeRounds = 20
)

// Execute does what bytes stand for: a sequence of operations, compared with a
// built-in map, and two workers on one key. Three bytes are one operation.
func (d *Driver) Execute(data []byte) *Failure {
	d.rng = rand.New(rand.NewPCG(1, uint64(len(data))))
	d.main = d.newBeat()
	d.until = time.Now().Add(time.Minute)
	target := d.fresh()
	ops := d.decode(data, target)
	if at, wrong := d.follow(ops); wrong != "" {
		f := &Failure{Mode: "sequential", What: wrong, Rounds: 1, Failed: 1}
		for _, op := range ops[:min(at+1, len(ops))] {
			f.Steps = append(f.Steps, op.Spell(d.Namer))
		}
		return f
	}
	s := Scenario{Workers: make([][]Op, 2)}
	for i, op := range ops {
		if op.Kind > LastOfKey {
			continue
		}
		op.Key = 0
		w := i % 2
		if len(s.Workers[w]) < mostOfWorker {
			s.Workers[w] = append(s.Workers[w], op)
		}
	}
	if s.ops() < 2 {
		return nil
	}
	f := d.playOut(s, target, executeRounds)
	if f != nil {
		f.Mode = "duel"
	}
	return f
}

// decode makes operations of bytes.
func (d *Driver) decode(data []byte, t Target) (ops []Op) {
	var has []Kind
	for k := Load; k < kinds; k++ {
		if t.Has(k) {
			has = append(has, k)
		}
	}
	for len(data) >= 3 && len(ops) < mostDecoded {
		key, val := int(data[1])%d.Keys, int(data[2])%d.Vals
		ops = append(ops, Op{Kind: has[int(data[0])%len(has)], Key: key, Val: val, Old: int(data[0]/16) % d.Vals})
		data = data[3:]
	}
	return ops
}
