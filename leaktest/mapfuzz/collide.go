package mapfuzz

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A child process that is started with hashVariable cuts all hashes that the map computes to so many values.
// Each process has its own number, because a key must have one hash for as long as a process runs.
const hashVariable = "LEAKASSERT_HASH_VALUES"

// cuts are the numbers of values: all keys collide, and some do.
var cuts = []int{1, 4}

// spare returns the part of a budget that is for keys that collide.
func spare(budget time.Duration) time.Duration { return budget / 4 }

// colliding has child processes explore the map with keys that collide. a is what was found without.
func (j job) colliding(a answer, run func(job) (answer, error)) (answer, error) {
	if a.Report != "" || !a.Hashed {
		return a, nil
	}
	j.Budget = spare(j.Budget) / time.Duration(len(cuts))
	for _, j.Hashes = range cuts {
		b, err := run(j)
		if err != nil {
			return a, fmt.Errorf("with %s: %w", equalHashes(j.Hashes), err)
		}
		if b.Short != "" {
			a.Notes = append(a.Notes, equalHashes(j.Hashes)+": "+b.Short)
		}
		for _, limit := range b.Limits {
			a.Limits = append(a.Limits, equalHashes(j.Hashes)+": "+limit)
		}
		if b.Report != "" {
			a.Report, a.Race = b.Report, b.Race
			return a, nil
		}
	}
	return a, nil
}

// equalHashes describes hashes that are cut to n values.
func equalHashes(n int) string {
	if n == 1 {
		return "all hashes equal"
	}
	return fmt.Sprintf("hashes of %d values", n)
}

// ofHashes returns the number of values of hashes that the text of a schedule begins with, and the rest.
func ofHashes(token string) (n int, rest string) {
	if first, rest, ok := strings.Cut(token, "."); ok && strings.HasPrefix(first, "h") {
		if n, err := strconv.Atoi(first[1:]); err == nil && n > 0 {
			return n, rest
		}
	}
	return 0, token
}
