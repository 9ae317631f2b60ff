// Package op numbers the operations at which a controlled schedule may switch.
// The numbers are written into rewritten sources, so they are part of a build.
package op

import "strconv"

// A Code is an operation with the size of its operand: the low five bits are
// the Op, the high three the Size.
type Code = uint8

// The operations.
const (
	None Code = iota
	Load
	Store
	Add
	Swap
	CompareAndSwap
	And
	Or
	Lock
	TryLock
	Unlock
	RLock
	TryRLock
	RUnlock
	Do
	Wait
	Signal
	Broadcast
	Get
	Put
	Send
	Receive
	Close
	Select
	Go
	Sleep
	Yield
	Begin
)

// The sizes of operands. Word is four or eight bytes, as the machine has it.
const (
	Unsized Code = iota << 5
	Four
	Eight
	Word
)

const mask = 31

var names = [...]string{"", "Load", "Store", "Add", "Swap", "CompareAndSwap", "And", "Or", "Lock", "TryLock", "Unlock",
	"RLock", "TryRLock", "RUnlock", "Do", "Wait", "Signal", "Broadcast", "Get", "Put", "send", "receive", "close", "select",
	"go", "Sleep", "Gosched", "begin"}

// Of returns the operation of c without its size.
func Of(c Code) Code { return c & mask }

// Size returns the number of bytes that c reads or writes, and 0 where it is not known.
func Size(c Code) int {
	switch c &^ mask {
	case Four:
		return 4
	case Eight:
		return 8
	case Word:
		return strconv.IntSize / 8
	}
	return 0
}

// Name returns the operation's name as Go code has it.
func Name(c Code) string {
	if i := int(Of(c)); i < len(names) {
		return names[i]
	}
	return ""
}

// The kinds of waits: for anything at an address, or at an end of a channel.
const (
	AnyWait uint8 = iota
	SendWait
	ReceiveWait
)
