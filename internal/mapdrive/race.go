//go:build race

package mapdrive

import "runtime"

func raceErrors() int { return runtime.RaceErrors() }
