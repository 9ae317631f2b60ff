package baseline

import (
	"fmt"
	"os"

	"github.com/leakassert/leakassert/internal/names"
)

// write brings the file up to date, and prints what has changed.
func (l *List) write(c circumstances, of func(test string) bool) error {
	var added, raised, lowered, removed, not int
	adds := l.mode == Add || l.fresh
	err := update(l.path, l.shown, func(f *File) {
		now := f.entries(l.pkg)
		for _, e := range now {
			n := l.seen(e.Entry)
			switch {
			case !of(e.Test) || l.fresh || !l.judged(e.Entry, c):
			case n == 0:
				f.remove(e.key())
				removed++
			case e.Count != Any && n < e.Count:
				f.recount(e.key(), n)
				lowered++
			}
		}
		for test, r := range l.records {
			for print := range r.most {
				e := Entry{Package: l.pkg, Test: test, Fingerprint: print}
				e.Count = l.seen(e)
				if r.grows[print] && e.Count > 0 {
					e.Count = Any
				}
				old, listed := now[e.key()]
				more := listed && old.Count != Any && e.Count > old.Count
				switch {
				case !of(test) || e.Count == 0 || listed && !more:
				case !adds:
					not++
				case listed:
					f.recount(e.key(), e.Count)
					raised++
				default:
					f.add(e)
					added++
				}
			}
		}
	})
	if err != nil {
		return fmt.Errorf("leaktest: %s is not written: %w", l.shown, err)
	}
	l.say(added, raised, lowered, removed, not)
	return nil
}

// say prints in one line what was written.
func (l *List) say(added, raised, lowered, removed, not int) {
	var did []string
	for _, d := range []struct {
		n    int
		what string
	}{{added, "added"}, {removed, "removed"}, {lowered, "with a lower count"}, {raised, "with a higher count"}} {
		switch {
		case d.n == 1:
			did = append(did, "1 line "+d.what)
		case d.n > 1:
			did = append(did, fmt.Sprintf("%d lines %s", d.n, d.what))
		}
	}
	text := "nothing to change"
	if len(did) > 0 {
		text = names.List(did)
	} else if not == 0 && !l.suite && !l.fresh {
		return
	}
	if not > 0 {
		text += fmt.Sprintf("; leaks that are not in it: %d; LEAKTEST=baseline=add adds them", not)
	}
	fmt.Fprintf(os.Stderr, "leaktest: %s: %s\n", l.shown, text)
}
