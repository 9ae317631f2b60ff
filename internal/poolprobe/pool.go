// Package poolprobe is the probe for pools, what poolassert asserts: what was
// taken out of one and has not come back.
package poolprobe

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
)

// A Pool is anything that lends what it has: connections, buffers, permits, workers.
type Pool interface {
	// Name tells pools apart in reports.
	Name() string
	// Stats is how things stand. It is called at the beginning and the end of each
	// check, and again while one settles, so it must be quick.
	Stats() Stats
}

// Stats is how things stand in a pool.
type Stats struct {
	// InUse is what is out; Waiting is who waits for something to come back. Both
	// must return to where they were.
	InUse, Waiting int64
	// Open is all that there is, and Idle what is not in use. They may change.
	Open, Idle int64
	// Gauges are more that must return to where they were.
	Gauges []Reading
	// Raw is the pool's own statistics: a failure shows how they have changed.
	Raw any
}

// A Reading is the value of a gauge.
type Reading struct {
	Name  string
	Value int64
}

// gauges are all readings that must return.
func (s Stats) gauges() []Reading {
	return append([]Reading{{"InUse", s.InUse}, {waiting, s.Waiting}}, s.Gauges...)
}

const waiting = "Waiting"

// A change is a gauge that has risen.
type change struct {
	name          string
	before, after int64
}

func (c change) String() string { return fmt.Sprintf("%s %d → %d", c.name, c.before, c.after) }

// risen are the gauges of which there is more now, the most first, and whether
// there are any without making a list.
func risen(before, now Stats) (changes []change) {
	if now.InUse <= before.InUse && now.Waiting <= before.Waiting && len(now.Gauges) == 0 {
		return nil
	}
	was := make(map[string]int64)
	for _, r := range before.gauges() {
		was[r.Name] = r.Value
	}
	for _, r := range now.gauges() {
		if r.Value > was[r.Name] {
			changes = append(changes, change{r.Name, was[r.Name], r.Value})
		}
	}
	slices.SortStableFunc(changes, func(a, b change) int { return cmp.Compare(b.after-b.before, a.after-a.before) })
	return changes
}

// A Prompt pool never blocks or panics when it is asked.
type Prompt interface{ Prompt() }

// A Starter is told that a check begins with the pool, and by the returned
// function that it has ended.
type Starter interface{ Start() (stop func()) }

// A Settler helps what is on its way back, while a check waits.
type Settler interface{ Settle() }

// An Explainer knows who has taken what is out.
type Explainer interface{ Held() []Checkout }

// A Faulter has met wrong uses of the pool.
type Faulter interface{ Faults() []Fault }

// A Blocker is a pool whose Close waits until everything has come back.
type Blocker interface{ CloseBlocks() }

// A Closer knows whether the pool is closed.
type Closer interface{ Closed() bool }

// snapshot keeps of a pool's statistics what they are now, if they are behind a
// pointer.
func snapshot(raw any) any {
	v := reflect.ValueOf(raw)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return raw
	}
	now := reflect.New(v.Elem().Type()).Elem()
	now.Set(v.Elem())
	return now.Interface()
}
