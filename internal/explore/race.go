//go:build race

package explore

import (
	"runtime"
	"unsafe"
)

// RaceEnabled reports whether the race detector watches this binary.
const RaceEnabled = true

// acquire and release tell the race detector of an order that the program has
// by itself and that the scheduler's own handing over must not add.
func acquire(p unsafe.Pointer) { runtime.RaceAcquire(p) }
func release(p unsafe.Pointer) { runtime.RaceReleaseMerge(p) }

// Between hide and unhide the race detector does not take synchronisation for the program's.
func hide()   { runtime.RaceDisable() }
func unhide() { runtime.RaceEnable() }
