package pipeline

// ReserveStack makes the stack of the calling goroutine large enough for the beginning and the end of
// a check, and clears that part of it. at may be any number.
//
// A stack that grows is copied frame by frame, which takes long where many calls are on it. And a heap
// dump shows what earlier calls have left on the stack: in the frames of a check it would look like
// variables that are in use.
//
//go:noinline
func ReserveStack(at uintptr) byte {
	var room [4 << 10]byte // makes it 8 KiB, twice what a check has been seen to use
	return room[at%uintptr(len(room))]
}

// clearStack clears what earlier calls have left on the stack below the caller, for the calls that
// explain leaks.
//
//go:noinline
func clearStack(at int) byte {
	var room [32 << 10]byte
	return room[at%len(room)]
}
