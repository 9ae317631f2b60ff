package procfd

// For tests only.
var (
	NextDirent   = nextDirent
	ParseTargets = func(text string) []int { return parseFdinfo(text).targets() }
	ParsePeer    = parsePeer
	Anonymous    = anonymous
	SignalNames  = signalNames
	FlagNames    = flagNames
)

func Count() (n int, ok bool) {
	ours.Lock()
	defer ours.Unlock()
	return count()
}

// OwnNumber returns the number of the library's own descriptor, -1 if it is not open.
func OwnNumber() int {
	ours.Lock()
	defer ours.Unlock()
	if !own.open {
		return -1
	}
	return own.num
}

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
