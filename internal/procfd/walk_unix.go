//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package procfd

// walk asks all numbers from the given one upwards, and adds those that are
// open to the table, until enough says stop. It returns the number after the
// last that it has asked.
func (t *Table) walk(from int, enough func(gaps, row int) bool) (next int) {
	var s stat
	gaps, row := 0, 0 // numbers that are not open, in all and behind the last open one
	for num := from; ; num++ {
		if id, open := s.id(num); open {
			t.Entries = append(t.Entries, Entry{num, id})
			row = 0
		} else {
			gaps++
			row++
		}
		if enough(gaps, row) {
			return num + 1
		}
	}
}
