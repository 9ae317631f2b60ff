//go:build !linux

package procfd

// handle returns 0: it is only called where files have times of birth.
func handle(int) uint64 { return 0 }

func unixPeers([]FD) map[uint64]uint64 { return nil }

// PipeSize returns 0: only Linux tells the size.
func PipeSize(int) int { return 0 }

// Polled returns nil: only Linux tells it.
func Polled(FD) []uint64 { return nil }
