package shim

import (
	"fmt"
	"strings"
)

// A chance is a top-level function of math/rand or math/rand/v2. In a task its
// helper takes the numbers from the execution's generator.
type chance struct {
	pkg, name string
	params    string // "n int"
	result    string
}

// helper returns the helper's name without its prefix.
func (c chance) helper() string {
	if c.pkg == "math/rand" {
		return "Rand" + c.name
	}
	return "RandV2" + c.name
}

var chances = func() []chance {
	var list []chance
	add := func(pkg, lines string) {
		for line := range strings.Lines(lines) {
			name, rest, _ := strings.Cut(strings.TrimSpace(line), "(")
			params, result, _ := strings.Cut(rest, ")")
			if name == "Shuffle" {
				params, result = "n int, swap func(i, j int)", ""
			}
			list = append(list, chance{pkg, name, params, strings.TrimSpace(result)})
		}
	}
	add("math/rand", `Int() int
		Intn(n int) int
		Int31() int32
		Int31n(n int32) int32
		Int63() int64
		Int63n(n int64) int64
		Uint32() uint32
		Uint64() uint64
		Float32() float32
		Float64() float64
		NormFloat64() float64
		ExpFloat64() float64
		Perm(n int) []int
		Shuffle()
		Read(p []byte) (n int, err error)`)
	add("math/rand/v2", `Int() int
		IntN(n int) int
		Int32() int32
		Int32N(n int32) int32
		Int64() int64
		Int64N(n int64) int64
		Uint() uint
		UintN(n uint) uint
		Uint32() uint32
		Uint32N(n uint32) uint32
		Uint64() uint64
		Uint64N(n uint64) uint64
		Float32() float32
		Float64() float64
		NormFloat64() float64
		ExpFloat64() float64
		Perm(n int) []int
		Shuffle()`)
	return append(list, chance{pkg: "math/rand/v2", name: "N"})
}()

// text returns the helper's declaration.
func (c chance) text() string {
	if c.name == "N" {
		return `
func leakassert_RandV2N[T interface {
	~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~uintptr
}](n T, site uint32) T {
	if !leakassert_hookDrawn() || n <= 0 {
		return randv2.N(n)
	}
	return T(randv2.New(leakassert_source{}).Uint64N(uint64(n)))
}
`
	}
	pkg := "rand"
	if c.pkg == "math/rand/v2" {
		pkg = "randv2"
	}
	params, args := c.params, ""
	for i, p := range strings.Split(params, ", ") {
		if name, _, _ := strings.Cut(p, " "); name != "j" {
			if i > 0 {
				args += ", "
			}
			args += name
		}
	}
	if params != "" {
		params += ", "
	}
	give := "return "
	after := ""
	if c.result == "" {
		give, after = "", "\n\t\treturn"
	}
	return fmt.Sprintf(`
func leakassert_%s(%ssite uint32) %s {
	if leakassert_hookDrawn() {
		%s%s.New(leakassert_source{}).%s(%s)%s
	}
	%s%s.%s(%s)
}
`, c.helper(), params, c.result, give, pkg, c.name, args, after, give, pkg, c.name, args)
}
