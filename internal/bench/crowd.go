package bench

// A Crowd is what a check runs among and must not report, or what the driver of maps
// does.
type Crowd struct {
	Of string
	// Sizes are to be taken in this order: neither the runtime nor the kernel
	// makes its tables smaller again. After 100 000 goroutines a dump of ten
	// takes as long as one of some thousands.
	Sizes []int
	// Gather brings n together. The error says why there can't be so many.
	Gather func(n int) (release func(), err error)
	Cases  func() []Case
	// Done says that an operation of a benchmark does all n: how many it does in a second
	// tells something.
	Done bool
}

// Crowds are all of them, in the order in which they disturb each other least.
var Crowds = []Crowd{Opened, Lent, Driven, Duelled, Kept, Parked}

// Opened are open descriptors.
var Opened = Crowd{
	Of:     "descriptors",
	Sizes:  []int{10, 1_000, 10_000},
	Gather: open,
	Cases:  descriptorCases,
}

// Lent are connections that are out of a pool.
var Lent = Crowd{
	Of:     "connections",
	Sizes:  []int{0, 1_000},
	Gather: lend,
	Cases:  poolCases,
}

// Driven are the operations of a history on a map.
var Driven = Crowd{
	Of:     "operations",
	Sizes:  []int{1_000, 10_000, 100_000},
	Gather: func(n int) (func(), error) { return compose(n), nil },
	Cases:  historyCases,
	Done:   true,
}

// Duelled are rounds of small scenarios: one of each, and 400, as many as there are
// when a map is tested.
var Duelled = Crowd{
	Of:     "rounds",
	Sizes:  []int{duelScenarios, 400 * duelScenarios},
	Gather: func(n int) (func(), error) { return challenge(n), nil },
	Cases:  duelCases,
	Done:   true,
}

// Kept are live objects in the heap.
var Kept = Crowd{
	Of:     "objects",
	Sizes:  []int{0, 1_000_000},
	Gather: func(n int) (func(), error) { return keep(n), nil },
	Cases:  objectCases,
}

// Parked are goroutines that wait.
var Parked = Crowd{
	Of:     "goroutines",
	Sizes:  []int{0, 100, 1_000, 10_000, 100_000},
	Gather: func(n int) (func(), error) { return park(n), nil },
	Cases:  goroutineCases,
}
