//go:build !linux

package procfd

// handle returns 0: it is only called where files have times of birth.
func handle(int) uint64 { return 0 }

// count returns nothing: only Linux counts.
func count() (n int, ok bool) { return 0, false }

// Own returns false: only Linux has a folder worth keeping open.
func Own(FD) bool { return false }

func isOwn(Entry) bool { return false }

func unixPeers([]FD) map[uint64]uint64 { return nil }

// PipeSize returns 0: only Linux tells the size.
func PipeSize(int) int { return 0 }

// Polled returns nil: only Linux tells it.
func Polled(FD) []uint64 { return nil }
