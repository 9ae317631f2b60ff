package explore

// conclude writes down how the execution has ended, before abort changes it.
func (s *scheduler) conclude() {
	x := s.x
	x.Points, x.Picks, x.Print = s.points, s.strategy.picks, s.print
	x.Preemptions, x.Diverged = s.strategy.preemptions, s.strategy.diverged
	x.choices, x.At = s.strategy.taken, s.strategy.sites
	for i := 0; i < s.live; i++ {
		t := s.tasks[i]
		if t.goexit {
			x.Goexits = append(x.Goexits, t.id)
		}
		if t.state != blocked && t.state != asleep && !(t.spawned && t.state == ready) {
			continue
		}
		w := Wait{Task: t.id, Mark: t.mark, Site: t.site, Code: t.code, Addr: uintptr(t.addr), Spawned: t.spawned}
		if x.outcome == outcomeDeadlock && t.state == blocked {
			x.Deadlock = append(x.Deadlock, w)
		} else if x.outcome == "" && t.spawned {
			x.Left = append(x.Left, w)
		}
	}
	if x.outcome == outcomeOverrun {
		t := s.tasks[x.culprit]
		x.limit = s.limit
		x.Overrun = &Wait{Task: t.id, Mark: t.mark, Site: t.site, Code: t.code, Addr: uintptr(t.addr), Spawned: t.spawned}
	}
	if s.tracing {
		x.holders()
	}
}
