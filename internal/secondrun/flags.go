package secondrun

import (
	"slices"
	"strings"
)

// withoutWord returns the words of LEAKTEST without the one that asks for a second run.
func withoutWord(leaktest string) string {
	words := strings.Split(leaktest, ",")
	return strings.Join(slices.DeleteFunc(words, func(w string) bool { return strings.TrimSpace(w) == "stored" }), ",")
}
