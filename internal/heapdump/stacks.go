package heapdump

import "math"

func (p *parser) goroutine() {
	var g Goroutine
	g.Addr = p.uint()
	p.uint() // stack pointer
	g.ID = p.uint()
	g.CreatedBy = p.uint()
	g.Status = p.uint()
	g.System = p.bool()
	p.uint() // always false
	g.WaitSince = p.uint()
	g.Waiting = p.string()
	g.Context = p.uint()
	p.skip(3) // thread, deferred call, panic
	p.Goroutines = append(p.Goroutines, g)
}

// current returns the goroutine that the record belongs to.
func (p *parser) current() *Goroutine {
	if len(p.Goroutines) == 0 {
		p.malformed("no goroutine before it")
		return new(Goroutine)
	}
	return &p.Goroutines[len(p.Goroutines)-1]
}

// preempted is the function that a signal makes a goroutine call at any instruction.
const preempted = "runtime.asyncPreempt"

func (p *parser) frame() {
	var f Frame
	f.SP = p.uint()
	p.skip(2) // depth, stack pointer of the function it calls
	f.Bytes = p.bytes()
	f.Entry = p.uint()
	f.PC = p.uint()
	f.Dead = !p.bool() // where it runs on
	f.Func = p.function()
	f.fields = p.fields(math.MaxUint64) // of assembly, some may be outside
	g := p.current()
	f.Conservative = f.Func == preempted || len(g.Frames) > 0 && g.Frames[len(g.Frames)-1].Func == preempted
	g.Frames = append(g.Frames, f)
}

func (p *parser) deferred() {
	record := p.uint()
	p.skip(3) // goroutine, stack pointer, program counter
	fn := p.uint()
	p.skip(2) // entry, next one
	g := p.current()
	g.Records = append(g.Records, record)
	if fn != 0 {
		g.Deferred = append(g.Deferred, fn)
	}
}

func (p *parser) panicking() {
	p.skip(3) // address, goroutine, type
	value := p.uint()
	p.skip(2) // always 0, next one
	g := p.current()
	g.Panics = append(g.Panics, value)
}

// bucket reads a stack that has allocated.
func (p *parser) bucket() {
	a := Alloc{Bucket: p.uint(), Size: p.uint()}
	for n := p.uint(); n > 0 && p.err == nil; n-- {
		a.Frames = append(a.Frames, AllocFrame{p.function(), p.string(), int(p.uint())})
	}
	a.Allocs, a.Frees = p.uint(), p.uint()
	p.allocs = append(p.allocs, a)
	p.buckets[a.Bucket] = uint32(len(p.allocs))
}

// sample reads which stack has allocated an object.
func (p *parser) sample() {
	addr, bucket := p.uint(), p.uint()
	alloc, ok := p.buckets[bucket]
	if !ok {
		p.malformed("unknown bucket %#x", bucket)
	}
	p.index()
	if p.err != nil {
		return
	}
	if p.allocOf == nil {
		p.allocOf = make([]uint32, p.Len())
	}
	// Values of a few bytes share an object. Its stack is that of the first.
	if i, ok := p.Find(addr); ok && p.allocOf[i] == 0 {
		p.allocOf[i] = alloc
	}
}
