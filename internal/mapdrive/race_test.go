//go:build race

package mapdrive

const raceEnabled = true
