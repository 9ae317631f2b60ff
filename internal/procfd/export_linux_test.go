package procfd

// For tests only.
var (
	Count        = count
	NextDirent   = nextDirent
	ParseTargets = func(text string) []int { return parseFdinfo(text).targets() }
	ParsePeer    = parsePeer
	Anonymous    = anonymous
	SignalNames  = signalNames
	FlagNames    = flagNames
)

// SetStatx switches between statx and what is used where there is none.
func SetStatx(use bool) { noStatx.Store(!use) }

// SetNeedsPath switches to what statx wants on older kernels.
func SetNeedsPath(needs bool) {
	if needs {
		statxPath.Store(new([1]byte))
		return
	}
	statxPath.Store(nil)
}
