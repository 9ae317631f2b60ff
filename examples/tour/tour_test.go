package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestEveryLeakIsCaught(t *testing.T) {
	for _, s := range stops {
		t.Run(s.test, func(t *testing.T) {
			output, err := s.visit()
			assert.NoError(t, err, output)
		})
	}
}

// A tour that can't fail shows nothing.
func TestATestThatPassesIsNotCaught(t *testing.T) {
	s := stop{pkg: module + "/examples/metrics", test: "TestCollector"}
	_, err := s.visit()
	assert.EqualError(t, err, "the test passes")

	s.test = "TestNothingOfThisName"
	_, err = s.visit()
	assert.Error(t, err)

	s = stops[0]
	s.says = []string{"what no report says"}
	_, err = s.visit()
	assert.EqualError(t, err, `the report does not say "what no report says"`)
}
