//go:build !race

package brokenmaps

const raceEnabled = false
