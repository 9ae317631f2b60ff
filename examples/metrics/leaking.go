package metrics

// Leaking is the collector whose workers never end: each ranges over a channel,
// and nobody closes it. When the collector is dropped they wait for good, one
// set more for every collector that was made.
type Leaking struct {
	samples chan Sample
	report  func(Sample)
}

// StartLeaking starts the workers.
func StartLeaking(workers int, report func(Sample)) *Leaking {
	c := &Leaking{samples: make(chan Sample), report: report}
	for range workers {
		go c.work()
	}
	return c
}

// Add hands a sample to a worker.
func (c *Leaking) Add(s Sample) { c.samples <- s }

func (c *Leaking) work() {
	for s := range c.samples {
		c.report(s)
	}
}
