package mapdrive

import (
	"fmt"
	"time"
)

const (
	// held is how long a write that another goroutine does from within Range's
	// callback may take before it counts as one that waits for Range to end.
	held = 20 * time.Millisecond
	// freed is how long it may take when Range has ended.
	freed = 5 * time.Second
)

// holdsWriters finds out whether writes wait while Range runs. That is no fault, but
// worth a note, as a callback that writes waits for ever then; it is a fault if they
// wait when Range has been stopped.
func (d *Driver) holdsWriters() (f *Failure) {
	defer func() {
		if r := recover(); r != nil {
			c := caught(r)
			f = &Failure{What: fmt.Sprintf("the first Store, or Range after it, panics: %v", c.value), Stacks: c.calls}
		}
	}()
	if d.RangeWrites {
		return nil // the scenarios have callbacks that write
	}
	waits := true
	for range 3 { // whatever holds everything up for a moment does not count
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
				defer func() { _ = recover() }() // the scenarios find that, too
				target.Do(Op{Kind: Store, Key: min(1, d.Keys-1)})
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
			return &Failure{What: fmt.Sprintf("%s does not return, though Range was stopped early before", Op{Kind: Store, Key: min(1, d.Keys-1)}.Spell(d.Namer))}
		}
		if !waits {
			return nil
		}
	}
	d.notes = append(d.notes, "writes wait while Range runs: its callback must not write to the map")
	return nil
}
