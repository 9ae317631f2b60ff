package bench

import (
	"testing"

	"github.com/leakassert/leakassert/internal/mapdrive"
)

// A lossy map loses some updates.
type lossy struct{ syncMap }

func (l *lossy) Do(op mapdrive.Op) mapdrive.Result {
	if op.Kind == mapdrive.Store && op.Val%8 == 1 {
		return mapdrive.Result{Val: mapdrive.Absent}
	}
	return l.syncMap.Do(op)
}

// TestMapPlayers shows that what is measured does check: each finds an update that is
// lost, and nothing when none is.
func TestMapPlayers(t *testing.T) {
	defer compose(1_000)()
	defer challenge(duelScenarios)()
	for _, c := range append(historyPlayers(), historyPlayer{Duel, playDuels}) {
		t.Run(c.by, func(t *testing.T) {
			if report := c.play(newSyncMap()); report != "" {
				t.Error(wrongly(report))
			}
			if c.play(new(lossy)) == "" {
				t.Error("it does not see an update that is lost")
			}
		})
	}
}

// TestHistoryJudges shows the same of those that are given what was recorded.
func TestHistoryJudges(t *testing.T) {
	defer compose(1_000)()
	lost := newDriver().Record(history.scenario, new(lossy))
	for _, c := range historyJudges() {
		t.Run(c.by, func(t *testing.T) {
			if report := c.judge(history.outcome); report != "" {
				t.Error(wrongly(report))
			}
			if c.judge(lost) == "" {
				t.Error("it does not see an update that is lost")
			}
		})
	}
}
