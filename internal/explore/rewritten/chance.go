package rewritten

import "fmt"

// Draw returns numbers of every source.
func Draw() string {
	p := []byte{1, 2, 3}
	leakassert_RandShuffle(3, func(i, j int) { p[i], p[j] = p[j], p[i] }, 5001)
	return fmt.Sprint(leakassert_RandIntn(1000, 5002), leakassert_RandV2IntN(1000, 5003), leakassert_RandV2N(uint8(200), 5004),
		leakassert_RandPerm(4, 5005), p, leakassert_Fastrand(5006), leakassert_Fastrandn(10, 5007), leakassert_Fastrand64(5008),
		leakassert_Fastrandu(5009), leakassert_MakeSeed(5010), leakassert_RandV2Float64(5011))
}

// AtInit are numbers that the package draws when the process begins, as the seed of a hash may be.
var AtInit = Draw()

// Chance draws in a task.
func Chance() Program {
	said := ""
	return Program{
		Tasks: []func(){func() {
			said = Draw()
			leakassert_Gosched(5012)
		}},
		After: func() string { return said },
	}
}
