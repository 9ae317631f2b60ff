package bench

// tables are those for each crowd.
var tables = map[string][]table{
	Opened.Of: {
		{"A clean check; the floor is two rounds of fstat", "empty", []string{
			"gopsutil/NoLeak", "procfs/NoLeak", "testify/NoLeak", "NoLeak/floor", "Check/floor",
			"default/floor",
		}},
		{"Its allocations", "empty", []string{
			"NoLeak, allocs", "Check, allocs", "gopsutil, allocs", "procfs, allocs", "testify, allocs",
		}},
	},
	Lent.Of: {
		{"A clean check of a pool of database/sql; the floor reads its statistics twice", "empty", []string{
			"NoLeak/floor", "Check/floor", "Check, n/least", "NoLeak, allocs", "Check, allocs",
		}},
		{"A buffer taken from a sync.Pool, the floor, and from a Tracked whose tracking is off, a thousand times", "get-put", []string{
			"Tracked/floor",
		}},
	},
	Driven.Of: {
		{"A history of 4 goroutines on 64 keys of a sync.Map, played and judged; the floor does the same on the bare map, porcupine judges what the driver has recorded", "history", []string{
			"driver/floor", "porcupine/driver", "driver, n/least",
		}},
		{"What it allocates for an operation; the floor is what the map does", "history", []string{
			"floor, B each", "driver, B each", "porcupine, B each",
		}},
		{"The judgement of a recorded history alone, both on one processor", "recorded", []string{
			"porcupine/driver", "driver, n/least", "porcupine, n/least", "driver, B each",
			"porcupine, B each",
		}},
	},
	Duelled.Of: {
		{"Two goroutines that do one or two operations each, in rounds of 64 scenarios, played and judged; the floor starts them anew for each round and judges nothing. The driver's wait for each other, spinning: on busy processors the ratio is the scheduler's", "duel", []string{
			"driver/floor", "floor, B each", "driver, B each",
		}},
	},
	Kept.Of: {
		{"A body that does nothing; the floor of NoGrowth, rounds, is its iterations with two collections after the warm-up and each round, that of NoLeak and Check two collections", "empty", []string{
			"NoGrowth/rounds", "NoLeak/floor-2GC", "Check/floor-2GC", "NoGrowth, n/least",
			"NoLeak, n/least",
		}},
		{"Its allocations", "empty", []string{
			"rounds, allocs", "NoGrowth, allocs", "NoLeak, allocs", "Check, allocs",
		}},
		{"A body of about 1 µs that makes small objects; the floors of NoLeak and Check are the body alone, and with two collections", "small", heapRatios},
		{"A body of about 50 µs that writes and reads JSON; NoLeak and Check collect a third time, as encoding/json keeps something in a sync.Pool", "json", heapRatios},
		{"A body of about 1 ms that allocates nothing", "hash", heapRatios},
	},
	Parked.Of: {
		{"A body that starts no goroutine; the floor reads the counter of started goroutines twice", "empty", []string{
			"goleak/NoLeak", "fortytw2/NoLeak", "goleak/Check", "NoLeak/floor", "NoLeak, n/least",
			"Check, n/least", "goleak, n/least", "default/NoLeak",
		}},
		{"Its allocations; those of leaktest grow a little with the digits of the number that each check of a process has", "empty", []string{
			"NoLeak, allocs", "Check, allocs", "goleak, allocs", "fortytw2, allocs",
		}},
		{"A body that starts a goroutine, which ends; the floor is one dump of all stacks", "goroutine", []string{
			"goleak/NoLeak", "fortytw2/NoLeak", "NoLeak/floor", "Check/floor", "NoLeak, allocs",
		}},
		{"From the end of a body that leaks ten goroutines to the verdict, without the time to settle, but with the time that finalizers get after a collection; the floor is one dump of all stacks", "leaks", []string{
			"NoLeak-0s/floor", "goleak/floor", "fortytw2/floor", "goleak/NoLeak-0s",
		}},
		{"A whole test on a goroutine of its own; the floor is the test without a check, added is what is above it", "test", []string{
			"Check/floor", "added/Check on empty", "Check, n/least", "floor, allocs", "Check, allocs",
		}},
	},
}

// heapRatios are those of memassert's checkers to their floors.
var heapRatios = []string{"NoGrowth/rounds", "NoLeak/floor-2GC", "Check/floor-2GC", "NoLeak/floor", "Check/floor"}
