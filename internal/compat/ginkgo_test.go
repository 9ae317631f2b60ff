// Package compat has tests with other people's test frameworks, whose modules
// the library itself does not need.
package compat

import (
	"testing"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
)

func TestMain(m *testing.M) { leaktest.Main(m) }

var _ leaktest.TB = ginkgo.GinkgoTInterface(nil)

// What Ginkgo itself keeps when the specs have run is no leak of TestSpecs.
func TestSpecs(t *testing.T) {
	gomega.RegisterFailHandler(ginkgo.Fail)
	ginkgo.RunSpecs(t, "specs")
}

var _ = ginkgo.Describe("a spec", func() {
	ginkgo.It("is checked", func() {
		leaktest.Check(ginkgo.GinkgoT())
		done := make(chan struct{})
		go close(done)
		<-done
	})

	ginkgo.It("may leak", func() {
		stop := make(chan struct{})
		defer close(stop)
		t := faketb.New("spec")
		leaktest.NoLeak(t, func() { go func() { <-stop }() }, leaktest.Settle(10*time.Millisecond))
		gomega.Expect(t.Errors()).To(gomega.ContainSubstring("spec leaked (settled for 10ms): 1 goroutine"))
	})
})
