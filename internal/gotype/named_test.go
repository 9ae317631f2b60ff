package gotype_test

import (
	"testing"

	"github.com/leakassert/leakassert/internal/gotype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The types of the runtime that tell what a goroutine waits for are found without symbols.
func TestStructNamed(t *testing.T) {
	for name, fields := range map[string][]string{
		"runtime.g":     {"waiting", "goid", "atomicstatus"},
		"runtime.sudog": {"g", "elem", "waitlink", "c"},
		"runtime.hchan": {"elemtype", "recvq"},
	} {
		s, ok := gotype.StructNamed(name)
		require.True(t, ok, name)
		assert.Equal(t, name, s.Name())
		var has []string
		for _, f := range s.Fields() {
			has = append(has, f.Name)
		}
		assert.Subset(t, has, fields, name)
	}
	_, ok := gotype.StructNamed("runtime.nothing")
	assert.False(t, ok)
}

func BenchmarkStructNamed(b *testing.B) {
	for i := range b.N {
		gotype.StructNamed(string(rune('a'+i%26)) + "nothing")
	}
}
