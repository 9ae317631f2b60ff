package goroutine

var (
	WithLabels = withLabels
	Grown      = grown
)

const MaxBuffer = maxBuffer
