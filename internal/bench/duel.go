package bench

import "github.com/leakassert/leakassert/internal/mapdrive"

// duelScenarios are played in turns.
const duelScenarios = 64

// duels are what is driven.
var duels struct {
	scenarios []mapdrive.Scenario
	rounds    int // of each
}

// challenge makes scenarios of which n rounds are played in all.
func challenge(n int) (release func()) {
	duels.scenarios, duels.rounds = newDriver().Scenarios("duel", duelScenarios), n/duelScenarios
	return func() { duels.scenarios = nil }
}

func duelCases() []Case {
	target := newSyncMap()
	return []Case{
		{Body: Duel, By: Floor, Bench: benchBody(performDuels())},
		{Body: Duel, By: Driver, Bench: benchReport(func() string { return playDuels(target) })},
	}
}

// playDuels needs a free processor for each worker, as they wait for each other
// spinning: where others are at work its time is the scheduler's.
func playDuels(target mapdrive.Target) (report string) {
	d := newDriver()
	for _, s := range duels.scenarios {
		if report := played(d, s, target, duels.rounds); report != "" {
			return report
		}
	}
	return ""
}

// performDuels is the floor. Its goroutines seldom meet: that costs nothing and finds
// nothing.
func performDuels() func() {
	var all []*performer
	for _, s := range duels.scenarios {
		all = append(all, newPerformer(s))
	}
	return func() {
		for _, p := range all {
			for range duels.rounds {
				p.perform()
			}
		}
	}
}
