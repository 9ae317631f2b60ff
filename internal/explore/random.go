package explore

// random is a splitmix64 generator: one word of state, so a seed is all it takes.
type random struct{ state uint64 }

//go:norace
func (r *random) next() uint64 {
	r.state += 0x9E3779B97F4A7C15
	z := r.state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

//go:norace
func (r *random) below(n int) int { return int(r.next() % uint64(n)) }
