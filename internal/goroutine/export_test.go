package goroutine

import (
	"errors"
	"slices"
)

// SetMaxBuffer bounds the text of dumps until restore is called.
func SetMaxBuffer(size int) (restore func()) {
	old := bounds
	dumping.kept, bounds.low, bounds.high = nil, size, size
	return func() { bounds = old }
}

// UsePublicProfile has labels read as on a Go that is not known yet.
func UsePublicProfile() (restore func()) {
	old := linkedLabels
	linkedLabels = func() bool { return false }
	return func() { linkedLabels = old }
}

// Parse reads all goroutines of a dump. Those that cannot be read are left out and named
// in the error.
func Parse(dump []byte) (all []Goroutine, err error) {
	for r := range Records(dump) {
		g, e := r.Parse()
		if err = errors.Join(err, e); e == nil {
			all = append(all, g)
		}
	}
	return all, err
}

// Shapes are those of all goroutines but the caller's, as the text and as the
// profile has them.
func Shapes() (text, samples [][2]uint64) {
	dumping.Lock()
	defer dumping.Unlock()
	var m matcher
	stacks, _ := m.stacks()
	m.read(stacks)
	m.profile.take()
	for i := range m.all[1:] {
		text = append(text, [2]uint64{m.all[1+i].readClass(), m.all[1+i].readPlace()})
	}
	for _, s := range m.profile.samples[1:] {
		s := m.shapeOf(s.stack)
		samples = append(samples, [2]uint64{s.class, s.place})
	}
	for _, s := range [][][2]uint64{text, samples} {
		slices.SortFunc(s, func(a, b [2]uint64) int { return slices.Compare(a[:], b[:]) })
	}
	return text, samples
}
