package probe

// A Planter is a Probe that can leak one of its resources on purpose.
type Planter interface {
	Probe
	// Planting returns the probe to watch with, and the leak to plant.
	Planting() (Probe, Planting)
}

// A Planting is a leak that is made on purpose.
type Planting struct {
	Name string // "goroutine", "pool orders"
	// Leak makes the leak. is recognises it among the findings, and undo releases it.
	Leak func() (is func(Leak) bool, undo func(), err error)
}
