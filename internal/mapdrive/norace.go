//go:build !race

package mapdrive

// raceErrors returns how many data races the race detector has reported.
func raceErrors() int { return 0 }
