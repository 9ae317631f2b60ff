package mapdrive

import (
	"fmt"
	"time"
)

const (
	// held is how long another goroutine's write during Range's callback may take before it
	// counts as waiting for Range to end.
	held = 20 * time.Millisecond
	// freed is how long that write may take once Range has ended.
	freed = 5 * time.Second
)

// holdsWriters finds out whether writes wait while Range runs. That is no fault, but worth a note:
// a callback that writes would wait for ever. A write that still waits when Range has been stopped
// is a fault.
func (d *Driver) holdsWriters() (f *Failure) {
	defer func() {
		if r := recover(); r != nil {
			c := caught(r)
			f = &Failure{What: fmt.Sprintf("the first Store, or Range after it, panics: %v", c.value), Stacks: c.calls}
		}
	}()
	if d.RangeWrites || d.each > held/8 {
		return nil // the scenarios' callbacks write, or the map is too slow to tell
	}
	store := Op{Kind: Store, Key: min(1, d.Keys-1)}
	waits := true
	for range 3 { // a delay that has another cause happens once
		target := d.New()
		target.Do(Op{Kind: Store, Key: 0})
		written := make(chan struct{})
		once := false
		target.Range(func(int, int) bool {
			if once {
				return false
			}
			once = true
			go func() {
				defer close(written)
				defer func() { _ = recover() }() // the scenarios find this panic, too
				target.Do(store)
				target.Do(Op{Kind: Delete, Key: 0})
			}()
			select {
			case <-written:
				waits = false
			case <-time.After(held):
			}
			return false
		})
		if !once {
			return nil
		}
		select {
		case <-written:
		case <-time.After(freed):
			return &Failure{What: fmt.Sprintf("%s does not return, though Range was stopped early before", store.Spell(d.Namer))}
		}
		if !waits {
			return nil
		}
	}
	d.notes = append(d.notes, "writes wait while Range runs: its callback must not write to the map")
	return nil
}
