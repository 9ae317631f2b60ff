package main

import "github.com/leakassert/leakassert/internal/bench"

// tables are those for each crowd.
var tables = map[string][]table{
	bench.Opened.Of: {
		{"A clean check; the floor is two rounds of fstat", []column{
			per(bench.Empty, bench.Gopsutil, bench.NoLeak),
			per(bench.Empty, bench.Procfs, bench.NoLeak),
			per(bench.Empty, bench.Testify, bench.NoLeak),
			per(bench.Empty, bench.NoLeak, bench.Floor),
			per(bench.Empty, bench.Check, bench.Floor),
			per(bench.Empty, bench.Default, bench.Floor),
		}},
		{"Its allocations", []column{
			allocs(bench.Empty, bench.NoLeak),
			allocs(bench.Empty, bench.Check),
			allocs(bench.Empty, bench.Gopsutil),
			allocs(bench.Empty, bench.Procfs),
			allocs(bench.Empty, bench.Testify),
		}},
	},
	bench.Lent.Of: {
		{"A clean check of a pool of database/sql; the floor reads its statistics twice", []column{
			per(bench.Empty, bench.NoLeak, bench.Floor),
			per(bench.Empty, bench.Check, bench.Floor),
			flat(bench.Empty, bench.Check),
			allocs(bench.Empty, bench.NoLeak),
			allocs(bench.Empty, bench.Check),
		}},
		{"A buffer taken from a sync.Pool, the floor, and from a Tracked whose tracking is off, a thousand times", []column{
			per(bench.GetPut, bench.Tracked, bench.Floor),
		}},
	},
	bench.Driven.Of: {
		{"A history of 4 goroutines on 64 keys of a sync.Map, played and judged; the floor does the same on the bare map, porcupine judges what the driver has recorded", []column{
			per(bench.History, bench.Driver, bench.Floor),
			per(bench.History, bench.Porcupine, bench.Driver),
			flat(bench.History, bench.Driver),
		}},
		{"What it allocates for an operation; the floor is what the map does", []column{
			each(bench.History, bench.Floor),
			each(bench.History, bench.Driver),
			each(bench.History, bench.Porcupine),
		}},
		{"The judgement of a recorded history alone, both on one processor", []column{
			per(bench.Recorded, bench.Porcupine, bench.Driver),
			flat(bench.Recorded, bench.Driver),
			flat(bench.Recorded, bench.Porcupine),
			each(bench.Recorded, bench.Driver),
			each(bench.Recorded, bench.Porcupine),
		}},
	},
	bench.Duelled.Of: {
		{"Two goroutines that do one or two operations each, in rounds of 64 scenarios, played and judged; the floor starts them anew for each round and judges nothing. The driver's wait for each other, spinning: on busy processors the ratio is the scheduler's", []column{
			per(bench.Duel, bench.Driver, bench.Floor),
			each(bench.Duel, bench.Floor),
			each(bench.Duel, bench.Driver),
		}},
	},
	bench.Kept.Of: {
		{"A body that does nothing; the floor of NoGrowth, rounds, is its iterations with two collections after the warm-up and each round, that of NoLeak and Check two collections", []column{
			per(bench.Empty, bench.NoGrowth, bench.Rounds),
			per(bench.Empty, bench.NoLeak, bench.Floor2GC),
			per(bench.Empty, bench.Check, bench.Floor2GC),
			flat(bench.Empty, bench.NoGrowth),
			flat(bench.Empty, bench.NoLeak),
		}},
		{"Its allocations", []column{
			allocs(bench.Empty, bench.Rounds),
			allocs(bench.Empty, bench.NoGrowth),
			allocs(bench.Empty, bench.NoLeak),
			allocs(bench.Empty, bench.Check),
		}},
		{"A body of about 1 µs that makes small objects; the floors of NoLeak and Check are the body alone, and with two collections", heapRatios(bench.Small)},
		{"A body of about 50 µs that writes and reads JSON; NoLeak and Check collect a third time, as encoding/json keeps something in a sync.Pool", heapRatios(bench.JSON)},
		{"A body of about 1 ms that allocates nothing", heapRatios(bench.Hash)},
	},
	bench.Parked.Of: {
		{"A body that starts no goroutine; the floor reads the counter of started goroutines twice", []column{
			per(bench.Empty, bench.Goleak, bench.NoLeak),
			per(bench.Empty, bench.Fortytw2, bench.NoLeak),
			per(bench.Empty, bench.Goleak, bench.Check),
			per(bench.Empty, bench.NoLeak, bench.Floor),
			flat(bench.Empty, bench.NoLeak),
			flat(bench.Empty, bench.Check),
			flat(bench.Empty, bench.Goleak),
			per(bench.Empty, bench.Default, bench.NoLeak),
		}},
		{"Its allocations; those of leaktest grow a little with the digits of the number that each check of a process has", []column{
			allocs(bench.Empty, bench.NoLeak),
			allocs(bench.Empty, bench.Check),
			allocs(bench.Empty, bench.Goleak),
			allocs(bench.Empty, bench.Fortytw2),
		}},
		{"A body that starts a goroutine, which ends; the floor is one dump of all stacks", []column{
			per(bench.Goroutine, bench.Goleak, bench.NoLeak),
			per(bench.Goroutine, bench.Fortytw2, bench.NoLeak),
			per(bench.Goroutine, bench.NoLeak, bench.Floor),
			per(bench.Goroutine, bench.Check, bench.Floor),
			allocs(bench.Goroutine, bench.NoLeak),
		}},
		{"From the end of a body that leaks ten goroutines to the verdict, without the time to settle; the floor is one dump of all stacks", []column{
			per(bench.Leaks, bench.NoLeak0s, bench.Floor),
			per(bench.Leaks, bench.NoLeak2s, bench.Floor),
			per(bench.Leaks, bench.Goleak, bench.Floor),
			per(bench.Leaks, bench.Fortytw2, bench.Floor),
			per(bench.Leaks, bench.Goleak, bench.NoLeak0s),
		}},
		{"A whole test on a goroutine of its own; the floor is the test without a check, added is what is above it", []column{
			per(bench.Test, bench.Check, bench.Floor),
			over(bench.Test, bench.Check, bench.Empty, bench.Check),
			flat(bench.Test, bench.Check),
			allocs(bench.Test, bench.Floor),
			allocs(bench.Test, bench.Check),
		}},
	},
}

// heapRatios are those of memassert's checkers to their floors.
func heapRatios(body string) []column {
	return []column{
		per(body, bench.NoGrowth, bench.Rounds),
		per(body, bench.NoLeak, bench.Floor2GC),
		per(body, bench.Check, bench.Floor2GC),
		per(body, bench.NoLeak, bench.Floor),
		per(body, bench.Check, bench.Floor),
	}
}
