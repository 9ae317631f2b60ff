// Package passthrough is a shim for tests: its helpers do what the original calls do, and count.
package passthrough

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/leakassert/leakassert/internal/explore/shim"
)

// Shim has helpers that stand alone, or count in package counted if Linked.
type Shim struct {
	Linked bool
}

// calls are the helpers that replace calls: by the name of the original, the helper's name, signature and body. $ stands for the qualifier of the original's package.
var calls = map[string][3]string{
	"(*sync.Mutex).Lock":          {"MutexLock", "(m *$Mutex, site uint32)", "m.Lock()"},
	"(*sync.Mutex).Unlock":        {"MutexUnlock", "(m *$Mutex, site uint32)", "m.Unlock()"},
	"(*sync.Mutex).TryLock":       {"MutexTryLock", "(m *$Mutex, site uint32) bool", "return m.TryLock()"},
	"(*internal/sync.Mutex).Lock": {"InnerMutexLock", "(m *$Mutex, site uint32)", "m.Lock()"},
	"(*internal/sync.Mutex).Unlock": {
		"InnerMutexUnlock", "(m *$Mutex, site uint32)", "m.Unlock()"},
	"(*sync.RWMutex).Lock":    {"RWMutexLock", "(m *$RWMutex, site uint32)", "m.Lock()"},
	"(*sync.RWMutex).Unlock":  {"RWMutexUnlock", "(m *$RWMutex, site uint32)", "m.Unlock()"},
	"(*sync.RWMutex).RLock":   {"RWMutexRLock", "(m *$RWMutex, site uint32)", "m.RLock()"},
	"(*sync.RWMutex).RUnlock": {"RWMutexRUnlock", "(m *$RWMutex, site uint32)", "m.RUnlock()"},
	"(sync.Locker).Lock":      {"LockerLock", "(m $Locker, site uint32)", "m.Lock()"},
	"(sync.Locker).Unlock":    {"LockerUnlock", "(m $Locker, site uint32)", "m.Unlock()"},
	"(*sync.WaitGroup).Add":   {"WaitGroupAdd", "(w *$WaitGroup, n int, site uint32)", "w.Add(n)"},
	"(*sync.WaitGroup).Done":  {"WaitGroupDone", "(w *$WaitGroup, site uint32)", "w.Done()"},
	"(*sync.WaitGroup).Wait":  {"WaitGroupWait", "(w *$WaitGroup, site uint32)", "w.Wait()"},
	"(*sync.Once).Do":         {"OnceDo", "(o *$Once, f func(), site uint32)", "o.Do(f)"},
	"sync.OnceValue":          {"OnceValue", "[T any](f func() T, site uint32) func() T", "return $OnceValue(f)"},
	"(*sync.Cond).Wait":       {"CondWait", "(c *$Cond, site uint32)", "c.Wait()"},
	"(*sync.Cond).Broadcast":  {"CondBroadcast", "(c *$Cond, site uint32)", "c.Broadcast()"},
	"time.Sleep":              {"Sleep", "(d $Duration, site uint32)", "$Sleep(d)"},
	"runtime.Gosched":         {"Gosched", "(site uint32)", "$Gosched()"},
	"math/rand.Intn":          {"RandIntn", "(n int, site uint32) int", "return $Intn(n)"},
	"math/rand/v2.N":          {"RandN", "[T interface{ ~int | ~int64 | ~uint32 | ~uint64 }](n T, site uint32) T", "return n - 1"},
	shim.HashValue:            {"Hashed", "(h uintptr, site uint32) uintptr", "return h"},
	"runtime.fastrand":        {"Fastrand", "(site uint32) uint32", "leakassert_state = leakassert_state*1664525 + 1013904223; return leakassert_state >> 7"},
}

// Lookup implements rewrite.Shim.
func (Shim) Lookup(name string) (shim.Helper, bool) {
	if name == shim.HashValue {
		return shim.Helper{Name: "leakassert_Hashed", Kind: shim.Call, Op: "hash"}, true
	}
	if call, ok := calls[name]; ok {
		return shim.Helper{Name: "leakassert_" + call[0], Kind: shim.Call, Op: name[strings.LastIndexByte(name, '.')+1:]}, true
	}
	rest, ok := strings.CutPrefix(name, "sync/atomic.")
	if !ok {
		_, rest, ok = strings.Cut(name, ").")
		ok = ok && strings.HasPrefix(name, "(*sync/atomic.")
	}
	return shim.Helper{Kind: shim.Point, Op: rest, Code: 7}, ok
}

// base are the helpers for statements and points.
var base = map[string]string{
	"leakassert_at":       "func leakassert_at[T any](p *T, site uint32, op uint8) *T { leakassert_hook(site); return p }\n",
	"leakassert_then":     "func leakassert_then[T any](v T, p unsafe.Pointer, site uint32, op uint8) T { leakassert_hook(site); return v }\n",
	"leakassert_pointer":  "type leakassert_pointer = unsafe.Pointer\n",
	"leakassert_sendto":   "func leakassert_sendto[T any](c chan<- T, site uint32) func(T) { return func(v T) { leakassert_hook(site); c <- v } }\n",
	"leakassert_receive":  "func leakassert_receive[T any](c <-chan T, site uint32) T { leakassert_hook(site); return <-c }\n",
	"leakassert_receive2": "func leakassert_receive2[T any](c <-chan T, site uint32) (T, bool) { leakassert_hook(site); v, ok := <-c; return v, ok }\n",
	"leakassert_close":    "func leakassert_close[T any](c chan<- T, site uint32) { leakassert_hook(site); close(c) }\n",
	"leakassert_go":       "func leakassert_go(f func(), site uint32) { leakassert_hook(site); go f() }\n",
	"leakassert_over": `type leakassert_ranging[T any] struct { c <-chan T; site uint32 }

func leakassert_over[T any](c <-chan T, site uint32) (r leakassert_ranging[T], zero T) { return leakassert_ranging[T]{c, site}, zero }

func (r leakassert_ranging[T]) next(to *T) bool {
	leakassert_hook(r.site)
	v, ok := <-r.c
	if ok && to != nil {
		*to = v
	}
	return ok
}
`,
	"leakassert_receivecase": `type leakassert_receiving[T any] struct { c <-chan T; v T; ok bool }

func leakassert_receivecase[T any](c <-chan T) *leakassert_receiving[T] { return &leakassert_receiving[T]{c: c} }
func (r *leakassert_receiving[T]) received() T { return r.v }
func (r *leakassert_receiving[T]) received2() (T, bool) { return r.v, r.ok }
func (r *leakassert_receiving[T]) never() bool { return r.c == nil }
func (r *leakassert_receiving[T]) try() bool {
	select {
	case r.v, r.ok = <-r.c:
		return true
	default:
		return false
	}
}
`,
	"leakassert_sendcase": `type leakassert_sending[T any] struct { c chan<- T; v T }

func leakassert_sendcase[T any](c chan<- T) func(T) *leakassert_sending[T] { return func(v T) *leakassert_sending[T] { return &leakassert_sending[T]{c, v} } }
func (s *leakassert_sending[T]) never() bool { return s.c == nil }
func (s *leakassert_sending[T]) try() bool {
	select {
	case s.c <- s.v:
		return true
	default:
		return false
	}
}
`,
	"leakassert_select": `type leakassert_case interface { try() bool; never() bool }

func leakassert_yield() {
	done := make(chan int)
	go close(done)
	<-done
}

func leakassert_select(site uint32, hasDefault bool, cases ...leakassert_case) int {
	leakassert_hook(site)
	open := 0
	for _, c := range cases {
		if !c.never() {
			open++
		}
	}
	if open == 0 && !hasDefault {
		select {}
	}
	for {
		for i, c := range cases {
			if c.try() {
				return i
			}
		}
		if hasDefault {
			return -1
		}
		leakassert_yield()
	}
}
`,
}

// File implements rewrite.Shim.
func (s Shim) File(pkgPath, pkgName string, used []string) ([]byte, error) {
	var body strings.Builder
	imports := map[string]bool{}
	for _, name := range used {
		if text, ok := base[name]; ok {
			body.WriteString(text + "\n")
			continue
		}
		found := false
		for _, full := range slices.Sorted(maps.Keys(calls)) {
			call := calls[full]
			if "leakassert_"+call[0] != name {
				continue
			}
			found = true
			path := full[:strings.LastIndexByte(full, '.')]
			if inner, ok := strings.CutPrefix(path, "("); ok {
				inner = strings.TrimPrefix(strings.TrimSuffix(inner, ")"), "*")
				path = inner[:strings.LastIndexByte(inner, '.')]
			}
			qualifier := ""
			if path != pkgPath && name != "leakassert_Fastrand" && name != "leakassert_RandN" && name != "leakassert_Hashed" {
				imports[path] = true
				qualifier = "leakassert_" + path[strings.LastIndexByte(path, '/')+1:] + "."
			}
			fmt.Fprintf(&body, "func %s%s { leakassert_hook(site); %s }\n\n", name, strings.ReplaceAll(call[1], "$", qualifier), strings.ReplaceAll(call[2], "$", qualifier))
		}
		if !found {
			return nil, fmt.Errorf("no helper %s", name)
		}
	}
	text := "package " + pkgName + "\n\nimport \"unsafe\"\n"
	for _, path := range slices.Sorted(maps.Keys(imports)) {
		text += "import leakassert_" + path[strings.LastIndexByte(path, '/')+1:] + " \"" + path + "\"\n"
	}
	text += "\nvar _ unsafe.Pointer\n\nvar leakassert_state uint32 = 1\n\n"
	if s.Linked {
		text += "//go:linkname leakassert_hook github.com/leakassert/leakassert/internal/instrument/counted.Hook\nfunc leakassert_hook(site uint32)\n\n"
	} else {
		text += "func leakassert_hook(site uint32) {}\n\n"
	}
	return []byte(text + body.String()), nil
}
