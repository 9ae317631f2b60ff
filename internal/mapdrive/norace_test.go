//go:build !race

package mapdrive

const raceEnabled = false
