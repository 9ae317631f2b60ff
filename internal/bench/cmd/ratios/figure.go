package main

import (
	"strconv"
	"strings"
)

const nothing = "-" // in place of a ratio of what has not been measured

// ratio is a to b, by their medians.
func ratio(a, b *cell) string {
	x, ok := a.median()
	if !ok {
		return nothing
	}
	y, ok := b.median()
	if !ok {
		return nothing
	}
	return figure(x / y)
}

// figure is x with about three digits that count.
func figure(x float64) string {
	switch {
	case x >= 1000:
		return thousands(strconv.FormatFloat(x, 'f', 0, 64))
	case x >= 100:
		return strconv.FormatFloat(x, 'f', 0, 64)
	case x >= 10:
		return strconv.FormatFloat(x, 'f', 1, 64)
	}
	return strconv.FormatFloat(x, 'f', 2, 64)
}

// thousands puts spaces between groups of three digits.
func thousands(digits string) string {
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(d)
	}
	return b.String()
}
