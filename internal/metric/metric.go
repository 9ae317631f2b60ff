// Package metric reads runtime/metrics.
package metric

import (
	"runtime/metrics"
	"sync"
)

// A Set reads up to six metrics. It keeps its memory, so that reading allocates nothing.
type Set struct {
	mu      sync.Mutex
	samples []metrics.Sample
}

func New(names ...string) *Set {
	s := &Set{}
	for _, name := range names {
		s.samples = append(s.samples, metrics.Sample{Name: name})
	}
	return s
}

// Read returns the values, 0 for one that this version of Go does not have, and whether it has all.
func (s *Set) Read() (values [6]uint64, all bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	metrics.Read(s.samples)
	all = true
	for i, m := range s.samples {
		if m.Value.Kind() == metrics.KindUint64 {
			values[i] = m.Value.Uint64()
		} else {
			all = false
		}
	}
	return values, all
}
