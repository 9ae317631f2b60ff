// Package digits writes numbers for people.
package digits

import "strconv"

// Group writes n with a space between groups of three digits: "12 480".
func Group(n int) string {
	s := strconv.Itoa(n)
	least := 0
	if n < 0 {
		least = 1
	}
	for at := len(s) - 3; at > least; at -= 3 {
		s = s[:at] + " " + s[at:]
	}
	return s
}
