package explore

// A turn is a task that is chosen at so many picks in a row, or the case chosen
// by a select. A list of turns is a schedule that still means something when one
// of its switches is taken out.
type turn struct {
	task  uint16
	picks int // 0 for a select
}

// turnsOf returns the turns of an execution's picks.
func turnsOf(rec []pickRecord) []turn {
	var turns []turn
	for _, r := range rec {
		if n := len(turns); r.kind == choosing {
			turns = append(turns, turn{task: r.task})
		} else if n > 0 && turns[n-1].picks > 0 && turns[n-1].task == r.task {
			turns[n-1].picks++
		} else {
			turns = append(turns, turn{r.task, 1})
		}
	}
	return turns
}

// without returns turns without the switch to turn i: what follows it by the
// task before it comes first.
func without(turns []turn, i int) []turn {
	var out []turn
	moved := false
	for j, u := range turns {
		switch {
		case j < i || moved || u.picks == 0 || u.task != turns[i-1].task:
			if n := len(out); n > 0 && u.picks > 0 && out[n-1].picks > 0 && out[n-1].task == u.task {
				out[n-1].picks += u.picks
				continue
			}
			out = append(out, u)
		default:
			// The first later turn of the task before joins it, ahead of what stood between.
			moved = true
			out[i-1].picks += u.picks
		}
	}
	return out
}

// turn decides a pick by the list of turns. A turn whose task can't run is left out.
//
//go:norace
func (s *scheduler) turn(t *task, kind uint8, n uint32) uint32 {
	y := &s.strategy
	if kind == choosing {
		if len(y.turns) > 0 && (y.turns[0].picks == 0 || len(y.turns) > 1 && y.turns[1].picks == 0) {
			if y.turns[0].picks > 0 {
				y.turns = y.turns[1:]
			}
			c := uint32(y.turns[0].task)
			y.turns = y.turns[1:]
			if len(y.turns) == 0 {
				y.turns = noTurns
			}
			if c < n {
				return c
			}
		}
		return 0
	}
	for len(y.turns) > 0 {
		u := &y.turns[0]
		if u.picks > 0 && int(u.task) < s.live && s.tasks[u.task].state == ready {
			u.picks--
			return s.choiceOf(t, s.tasks[u.task], kind, n)
		}
		y.turns = y.turns[1:]
	}
	y.turns = noTurns
	return 0
}

// noTurns lets the rest of an execution go by the default.
var noTurns = make([]turn, 0, 1)
