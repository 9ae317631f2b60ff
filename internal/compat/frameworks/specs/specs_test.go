package specs

import (
	"testing"

	"github.com/leakassert/leakassert/internal/compat/frameworks"
	"github.com/leakassert/leakassert/leaktest"
	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
)

func TestSpecs(t *testing.T) {
	gomega.RegisterFailHandler(ginkgo.Fail)
	ginkgo.RunSpecs(t, "specs")
}

var _ = ginkgo.Describe("a spec", func() {
	ginkgo.BeforeEach(func() { leaktest.Check(ginkgo.GinkgoT()) })
	ginkgo.It("leaks", func() { frameworks.Leak() })
	ginkgo.It("is clean", func() {})
})
