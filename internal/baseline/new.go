package baseline

import (
	"fmt"
	"slices"

	"github.com/leakassert/leakassert/internal/fingerprint"
	"github.com/leakassert/leakassert/internal/probe"
)

// unknown returns the leaks of a test of which there are more than is known, and lines for them.
func (l *List) unknown(leaks []probe.Leak, test string, over func(print string) int64, seen func(print string) (n int64, grows bool)) (left []probe.Leak, lines []string) {
	more := make(map[string]int64)
	for _, leak := range leaks {
		isNew := false
		for _, p := range fingerprint.Each(leak) {
			n, asked := more[p.At]
			if !asked {
				n = over(p.At)
				more[p.At] = n
				if n > 0 {
					all, grows := seen(p.At)
					lines = append(lines, l.line(test, p.At, all, grows))
				}
			}
			if n > 0 {
				isNew = true
				if allowed, at, listed := l.allowed(test, p.At); listed {
					leak.Evidence = append(slices.Clip(leak.Evidence), probe.Evidence{Label: "known", Columns: []string{
						fmt.Sprintf("%d more than the %d in %s:%d", n, allowed, l.shown, at.line)}})
				}
			}
		}
		if isNew {
			left = append(left, leak)
		}
	}
	if l.mode != Read || len(lines) == 0 {
		return nil, nil
	}
	return left, l.advice(lines)
}

func (l *List) advice(lines []string) []string {
	it := "it pass until it is"
	if len(lines) > 1 {
		it = "them pass until they are"
	}
	return append([]string{"To let " + it + " mended, write in " + l.shown + ":"}, lines...)
}

// line returns the line that lets pass so many leaks of a test.
func (l *List) line(test, print string, n int64, grows bool) string {
	e := Entry{Package: l.pkg, Test: test, Count: n, Fingerprint: print}
	if known, ok := l.entries[l.key(test, print)]; ok {
		e.Ticket = known.Ticket
	}
	if grows {
		e.Count = Any
	}
	return e.String()
}
