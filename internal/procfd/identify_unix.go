//go:build darwin || linux

package procfd

// identify fills in the IDs of the entries from the given index on, of which
// only the numbers are known, and drops those that have been closed since.
func (t *Table) identify(from int) {
	var s stat
	kept := t.Entries[:from]
	for _, e := range t.Entries[from:] {
		if id, open := s.id(e.Num); open {
			kept = append(kept, Entry{e.Num, id})
		}
	}
	t.Entries = kept
}
