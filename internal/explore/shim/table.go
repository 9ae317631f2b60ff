// Package shim has the text of the helpers that a rewritten package gets, and
// the table of the functions and methods that they stand for.
//
// A helper announces an operation to package explore, or does it by other means
// when the caller is a task under control. In every other goroutine it does
// exactly what it stands for. Hashes alone are the same everywhere: a key must
// have one only, and in every process the same.
package shim

import (
	"maps"
	"strings"

	"github.com/leakassert/leakassert/internal/explore/op"
)

// A Kind says how a call is rewritten.
type Kind int

const (
	// Point: the call stays, and leakassert_at or leakassert_then announces it first.
	Point Kind = iota
	// Call: the helper is called instead, with the receiver as a pointer (that of
	// an interface's method as it is), the arguments, and the site.
	Call
)

// A Helper stands for a function or method.
type Helper struct {
	Name string
	Kind Kind
	Op   string  // the operation's name: "Load"
	Code op.Code // the operation and its size: what a Point's announcement is given
}

// Lookup returns the helper for the function or method with the name that
// types.Func.FullName returns for its origin: "(*sync.Mutex).Lock",
// "sync/atomic.AddInt64", "(*sync/atomic.Pointer[T]).Load".
func Lookup(fullName string) (Helper, bool) {
	h, ok := table[fullName]
	return h, ok
}

// HashValue is the name by which Lookup finds the helper that is given what a value of this type has returned.
// The runtime keeps the hash function of a built-in map in such a value, where maps of other packages find it.
const HashValue = "func(unsafe.Pointer, uintptr) uintptr"

// table has the helpers by full name.
var table = func() map[string]Helper {
	t := map[string]Helper{}
	maps.Copy(t, atomics())
	for name, c := range calls {
		t[name] = Helper{Name: "leakassert_" + c.helper, Kind: Call, Op: name[strings.LastIndex(name, ".")+1:], Code: c.code}
	}
	hash := t[HashValue]
	hash.Op = "hash"
	t[HashValue] = hash
	for _, f := range chances {
		t[f.pkg+"."+f.name] = Helper{Name: "leakassert_" + f.helper(), Kind: Call, Op: f.name}
	}
	return t
}()

// atomics returns the points of sync/atomic.
func atomics() map[string]Helper {
	codes := map[string]op.Code{"Load": op.Load, "Store": op.Store, "Add": op.Add, "Swap": op.Swap,
		"CompareAndSwap": op.CompareAndSwap, "And": op.And, "Or": op.Or}
	sizes := map[string]op.Code{"Int32": op.Four, "Uint32": op.Four, "Int64": op.Eight, "Uint64": op.Eight, "Uintptr": op.Word}
	t := map[string]Helper{}
	point := func(fullName, name string, size op.Code) {
		t[fullName] = Helper{Name: "leakassert_at", Kind: Point, Op: name, Code: codes[name] | size}
	}
	for name := range codes {
		for typ, size := range sizes {
			point("sync/atomic."+name+typ, name, size)
			point("(*sync/atomic."+typ+")."+name, name, size)
		}
		if name == "Add" || name == "And" || name == "Or" {
			continue
		}
		point("sync/atomic."+name+"Pointer", name, op.Word)
		point("(*sync/atomic.Pointer[T])."+name, name, op.Word)
		point("(*sync/atomic.Bool)."+name, name, op.Four)
		point("(*sync/atomic.Value)."+name, name, op.Unsized)
	}
	return t
}

// calls are the helpers of the kind Call but for those of chance.
var calls = map[string]struct {
	helper string
	code   op.Code
}{
	"(*sync.Mutex).Lock":               {"MutexLock", op.Lock},
	"(*sync.Mutex).TryLock":            {"MutexTryLock", op.TryLock},
	"(*sync.Mutex).Unlock":             {"MutexUnlock", op.Unlock},
	"(*internal/sync.Mutex).Lock":      {"MutexLock", op.Lock},
	"(*internal/sync.Mutex).TryLock":   {"MutexTryLock", op.TryLock},
	"(*internal/sync.Mutex).Unlock":    {"MutexUnlock", op.Unlock},
	"(*sync.RWMutex).Lock":             {"RWMutexLock", op.Lock},
	"(*sync.RWMutex).TryLock":          {"RWMutexTryLock", op.TryLock},
	"(*sync.RWMutex).Unlock":           {"RWMutexUnlock", op.Unlock},
	"(*sync.RWMutex).RLock":            {"RWMutexRLock", op.RLock},
	"(*sync.RWMutex).TryRLock":         {"RWMutexTryRLock", op.TryRLock},
	"(*sync.RWMutex).RUnlock":          {"RWMutexRUnlock", op.RUnlock},
	"(sync.Locker).Lock":               {"LockerLock", op.Lock},
	"(sync.Locker).Unlock":             {"LockerUnlock", op.Unlock},
	"(*sync.Once).Do":                  {"OnceDo", op.Do},
	"sync.OnceFunc":                    {"OnceFunc", op.Do},
	"sync.OnceValue":                   {"OnceValue", op.Do},
	"sync.OnceValues":                  {"OnceValues", op.Do},
	"(*sync.WaitGroup).Add":            {"WaitGroupAdd", op.Add},
	"(*sync.WaitGroup).Done":           {"WaitGroupDone", op.Add},
	"(*sync.WaitGroup).Wait":           {"WaitGroupWait", op.Wait},
	"(*sync.WaitGroup).Go":             {"WaitGroupGo", op.Go},
	"(*sync.Cond).Wait":                {"CondWait", op.Wait},
	"(*sync.Cond).Signal":              {"CondSignal", op.Signal},
	"(*sync.Cond).Broadcast":           {"CondBroadcast", op.Broadcast},
	"(*sync.Pool).Get":                 {"PoolGet", op.Get},
	"(*sync.Pool).Put":                 {"PoolPut", op.Put},
	"runtime.Gosched":                  {"Gosched", op.Yield},
	"runtime.LockOSThread":             {"LockOSThread", op.None},
	"runtime.UnlockOSThread":           {"UnlockOSThread", op.None},
	"time.Sleep":                       {"Sleep", op.Sleep},
	"time.Now":                         {"Now", op.None},
	"time.Since":                       {"Since", op.None},
	"time.Until":                       {"Until", op.None},
	"time.After":                       {"After", op.None},
	"time.Tick":                        {"Tick", op.None},
	"time.NewTimer":                    {"NewTimer", op.None},
	"time.NewTicker":                   {"NewTicker", op.None},
	"time.AfterFunc":                   {"AfterFunc", op.None},
	"(*time.Timer).Stop":               {"TimerStop", op.None},
	"(*time.Timer).Reset":              {"TimerReset", op.None},
	"(*time.Ticker).Stop":              {"TickerStop", op.None},
	"(*time.Ticker).Reset":             {"TickerReset", op.None},
	"hash/maphash.MakeSeed":            {"MakeSeed", op.None},
	"hash/maphash.Comparable":          {"Comparable", op.None},
	"hash/maphash.String":              {"HashString", op.None},
	"hash/maphash.Bytes":               {"HashBytes", op.None},
	"hash/maphash.WriteComparable":     {"WriteComparable", op.None},
	"(*hash/maphash.Hash).Write":       {"HashWrite", op.None},
	"(*hash/maphash.Hash).WriteByte":   {"HashWriteByte", op.None},
	"(*hash/maphash.Hash).Sum64":       {"HashSum64", op.None},
	"(*hash/maphash.Hash).Sum":         {"HashSum", op.None},
	"(*hash/maphash.Hash).Reset":       {"HashReset", op.None},
	"(*hash/maphash.Hash).Seed":        {"HashSeed", op.None},
	"(*hash/maphash.Hash).WriteString": {"HashWriteString", op.None},
	HashValue:                          {"Hashed", op.None},
	"runtime.memhash":                  {"Memhash", op.None},
	"runtime.memhash32":                {"Memhash32", op.None},
	"runtime.memhash64":                {"Memhash64", op.None},
	"runtime.strhash":                  {"Strhash", op.None},
	"runtime.nilinterhash":             {"Nilinterhash", op.None},
	"runtime.typehash":                 {"Typehash", op.None},
	"runtime.fastrand":                 {"Fastrand", op.None},
	"runtime.fastrandn":                {"Fastrandn", op.None},
	"runtime.fastrand64":               {"Fastrand64", op.None},
	"runtime.fastrandu":                {"Fastrandu", op.None},
	"runtime.cheaprand":                {"Fastrand", op.None},
	"runtime.cheaprandn":               {"Fastrandn", op.None},
	"runtime.cheaprand64":              {"Fastrand64", op.None},
	"runtime.rand":                     {"Fastrand64", op.None},
	"internal/sync.runtime_rand":       {"Fastrand64", op.None},
}
