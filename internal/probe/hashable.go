package probe

import (
	"reflect"
	"slices"
)

// Hashable reports whether a value can be a map's key: a user's own TB may not be one.
func Hashable(tb any) bool {
	if tb == nil {
		return false
	}
	t := reflect.TypeOf(tb)
	if t.Kind() == reflect.Pointer || t.Size() == 0 {
		return t.Comparable()
	}
	return reflect.ValueOf(tb).Comparable()
}

// Contains reports whether a probe is among others. A probe that can't be compared is not.
func Contains(probes []Probe, p Probe) bool {
	return len(probes) > 0 && Hashable(p) && slices.ContainsFunc(probes, func(q Probe) bool { return Hashable(q) && p == q })
}
