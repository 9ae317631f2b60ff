package procfd

// For tests only.
var (
	ParseFdinfo = func(text string) (targets []int) { return parseFdinfo(text).targets }
	NextDirent  = nextDirent
	ParsePeer   = parsePeer
	Anonymous   = anonymous
	SignalNames = signalNames
	FlagNames   = flagNames
)

// SetStatx switches between statx and what is used where there is none.
func SetStatx(use bool) { noStatx.Store(!use) }

// SetNeedsPath switches to what statx wants on older kernels.
func SetNeedsPath(needs bool) { needsPath.Store(needs) }
