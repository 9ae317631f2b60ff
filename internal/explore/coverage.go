package explore

// coverage is the set of sites that tasks have reached, each with whether another
// task has run in between there. It is a hash table of its own: the race detector
// sees inside a map.
type coverage struct {
	table []uint64 // site<<2 | switched<<1 | 1; 0 is free
	n     int
}

//go:norace
func (c *coverage) add(site uint32, switched bool) {
	if 2*c.n >= len(c.table) {
		c.grow()
	}
	entry := uint64(site)<<2 | 1
	mask := uint32(len(c.table) - 1)
	for i := site * 0x9E3779B1 >> 7 & mask; ; i = (i + 1) & mask {
		switch old := c.table[i]; {
		case old == 0:
			c.table[i] = entry
			c.n++
		case old>>2 != entry>>2:
			continue
		}
		if switched {
			c.table[i] |= 2
		}
		return
	}
}

//go:norace
func (c *coverage) grow() {
	old := c.table
	c.table, c.n = make([]uint64, max(64, 2*len(old))), 0
	for i := range old {
		if old[i] != 0 {
			c.add(uint32(old[i]>>2), old[i]&2 != 0)
		}
	}
}

// count returns how many sites there are, and how many with a switch.
func (c *coverage) count() (sites, switched int) {
	for _, entry := range c.table {
		if entry != 0 {
			sites++
		}
		if entry&2 != 0 {
			switched++
		}
	}
	return sites, switched
}
