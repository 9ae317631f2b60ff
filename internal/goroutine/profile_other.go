//go:build go1.28

package goroutine

import "unsafe"

const linked = false

func readProfile([][]uintptr, []unsafe.Pointer) (n int, ok bool) { return 0, true }

func ownLabels() unsafe.Pointer { return nil }

func setLabels(unsafe.Pointer) {}
