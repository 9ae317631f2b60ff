package mapdrive

import (
	"time"

	"github.com/leakassert/leakassert/internal/procstate"
)

// measure finds out how long an operation of the map takes. On a loaded machine one look can take any
// time, so the fastest of several counts, if they do not take long.
func (d *Driver) measure() {
	defer func() { _ = recover() }() // the modes report panics
	d.size = d.sizeOf()
	target := d.New()
	ops := []Op{{Kind: Store}, {Kind: Load}, {Kind: Delete}}
	const long = 100 * time.Millisecond
	for start, look := time.Now(), 0; look == 0 || look < 3 && d.slow() && time.Since(start) < long; look++ {
		began := time.Now()
		for _, op := range ops {
			target.Do(op)
			d.beats.Add(1)
		}
		if each := time.Since(began) / time.Duration(len(ops)); look == 0 || each < d.each {
			d.each = each
		}
	}
}

// Each returns about how long an operation of the map takes, once Run has begun.
func (d *Driver) Each() time.Duration { return d.each }

// slow reports whether the time must be looked at before each operation.
func (d *Driver) slow() bool { return d.each > 50*time.Microsecond }

// sizeOf returns about how many bytes a new map has, at least 1. If others allocate meanwhile, it is more.
func (d *Driver) sizeOf() int64 {
	const allocated = "/gc/heap/allocs:bytes"
	before := procstate.Metric(allocated)
	d.New()
	return max(1, int64(procstate.Metric(allocated)-before))
}
