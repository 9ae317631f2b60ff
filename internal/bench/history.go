package bench

import (
	"math/rand/v2"

	"github.com/leakassert/leakassert/internal/mapdrive"
)

// history is what is driven, and what has come of it once.
var history struct {
	scenario mapdrive.Scenario
	outcome  mapdrive.Outcome
}

// compose makes a history of n operations.
func compose(n int) (release func()) {
	rng := rand.New(rand.NewPCG(1, uint64(n)))
	workers := make([][]mapdrive.Op, mapWorkers)
	for i := range n {
		w := i % mapWorkers
		workers[w] = append(workers[w], mapdrive.Op{
			Kind: mapdrive.Kind(rng.IntN(int(mapdrive.LastOfKey) + 1)), Key: rng.IntN(mapKeys), Val: rng.IntN(mapVals), Old: rng.IntN(mapVals),
		})
	}
	history.scenario = mapdrive.Scenario{Workers: workers}
	history.outcome = newDriver().Record(history.scenario, newSyncMap())
	return func() { history.scenario, history.outcome = mapdrive.Scenario{}, mapdrive.Outcome{} }
}

func historyCases() []Case {
	all := []Case{{Body: History, By: Floor, Bench: benchBody(newPerformer(history.scenario).perform)}}
	for _, c := range historyPlayers() {
		target := newSyncMap()
		all = append(all, Case{Body: History, By: c.by, Bench: benchReport(func() string { return c.play(target) })})
	}
	for _, c := range historyJudges() {
		all = append(all, Case{Body: Recorded, By: c.by, Bench: benchReport(func() string { return c.judge(history.outcome) })})
	}
	return all
}

type historyPlayer struct {
	by   string
	play func(mapdrive.Target) (report string)
}

// historyPlayers play the history once and judge it. The goroutines that play it are
// new each time.
func historyPlayers() []historyPlayer {
	return []historyPlayer{
		{Driver, func(target mapdrive.Target) string { return played(newDriver(), history.scenario, target, 1) }},
		{Porcupine, func(target mapdrive.Target) string {
			return unexplained(byPorcupine(newDriver().Record(history.scenario, target)))
		}},
	}
}

type historyJudge struct {
	by    string
	judge func(mapdrive.Outcome) (report string)
}

// historyJudges judge one that is recorded.
func historyJudges() []historyJudge {
	return []historyJudge{
		{Driver, func(o mapdrive.Outcome) string { return unexplained(o.Explained(history.scenario)) }},
		{Porcupine, func(o mapdrive.Outcome) string { return unexplained(byPorcupine(o)) }},
	}
}

func unexplained(explained bool) (report string) {
	if explained {
		return ""
	}
	return "no order of the operations explains what they have returned"
}
