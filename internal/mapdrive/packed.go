package mapdrive

import (
	"encoding/binary"
	"errors"
	"time"
)

// Pack appends a scenario as bytes, for a process that may die while it plays the scenario.
func (s Scenario) Pack(b []byte) []byte {
	put := func(values ...int) {
		for _, v := range values {
			b = binary.AppendVarint(b, int64(v))
		}
	}
	fresh := 0
	if s.Fresh {
		fresh = 1
	}
	put(fresh, len(s.Workers))
	for _, ops := range append([][]Op{s.Setup}, s.Workers...) {
		put(len(ops))
		for _, op := range ops {
			put(int(op.Kind), op.Key, op.Val, op.Old)
		}
	}
	return b
}

// Unpack returns the scenario that Pack made. It refuses operations, keys and values that the driver
// does not have, as the map under test may have changed.
func (d *Driver) Unpack(b []byte) (s Scenario, err error) {
	get := func() int {
		v, n := binary.Varint(b)
		if n <= 0 {
			err, n = errors.New("mapdrive: the scenario is cut off"), len(b)
		}
		b = b[n:]
		return int(v)
	}
	has := d.New().Has
	ops := func() (ops []Op) {
		for n := get(); n > 0 && err == nil; n-- {
			op := Op{Kind: Kind(get()), Key: get(), Val: get(), Old: get()}
			switch {
			case err != nil:
			case op.Kind < 0 || op.Kind > Pause || !has(op.Kind), op.ofKey() && (op.Key < 0 || op.Key >= d.Keys):
				err = errors.New("mapdrive: the scenario is for another map")
			default:
				for _, v := range op.Values() {
					if *v < Absent || *v >= d.Vals {
						err = errors.New("mapdrive: the scenario is for another map")
					}
				}
				ops = append(ops, op)
			}
		}
		return ops
	}
	s.Fresh = get() == 1
	workers := get()
	s.Setup = ops()
	for ; workers > 0 && err == nil; workers-- {
		s.Workers = append(s.Workers, ops())
	}
	if s.Workers = atWork(s.Workers); err == nil && len(s.Workers) == 0 {
		err = errors.New("mapdrive: the scenario has no operations")
	}
	return s, err
}

// Planned returns an outcome whose results are not known.
func (s Scenario) Planned() (o Outcome) {
	for w, ops := range s.Workers {
		for _, op := range ops {
			o.Records = append(o.Records, Record{Op: op, Worker: w, Open: "…"})
		}
	}
	return o
}

// Again plays a scenario that an earlier process has played, for a time.
func (d *Driver) Again(mode string, s Scenario, budget time.Duration) *Failure {
	defer d.Busy()()
	d.Enter(mode)
	d.begin()
	d.until = time.Now().Add(budget)
	if f := d.playOut(s, d.New(), 1<<30); f != nil {
		return d.Finish(d.minimise(f))
	}
	return nil
}
