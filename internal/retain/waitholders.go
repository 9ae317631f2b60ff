package retain

import "cmp"

// heldBy returns the way to what a goroutine waits for, "" if there is none that counts.
func (w *waiters) heldBy(on awaited, proven bool) string {
	if on.never || proven {
		return ""
	}
	text, seen := w.spelled[on.at]
	if !seen {
		if text = Unspelled; len(w.spelled) < mostSpelled {
			text = w.spellHolder(on.at)
		}
		w.spelled[on.at] = text
	}
	return text
}

// Of more than mostSpelled things, the ways are not spelled: that takes its time.
const mostSpelled = 100

// Unspelled is the way to one of those others.
const Unspelled = "something"

func (w *waiters) spellHolder(at uint64) string {
	o, inHeap := w.g.dump.Find(at)
	switch {
	case inHeap && w.g.parent[o] < 0, inHeap && w.besides(int32(o), at):
		return ""
	case inHeap:
		return cmp.Or(w.path(int32(o)).Text, w.rootOf(int32(o), at))
	case !w.inVariables(at):
		return ""
	}
	if v, ok := w.g.symbols.Variable(at); ok {
		return v.Name + fieldOf(v.Type(), at-v.Addr)
	}
	return "a package variable"
}

// rootOf says where a way begins of which nothing else is known.
func (w *waiters) rootOf(object int32, at uint64) string {
	if _, ok := w.channel(at); ok && len(w.field(w.hchan, at, "timer")) > 0 { // the runtime keeps it while it is pending
		return "a pending timer"
	}
	r := w.g.root(w.g.way(object)[0])
	if r.frame != nil {
		return w.call(r)
	}
	return r.name
}

// inVariables reports whether an address is in a package variable.
func (w *waiters) inVariables(at uint64) bool { return w.at(at).bytes != nil }

// besides reports whether the way to a block leads to something else in it. Values of a few bytes
// without pointers share a block.
func (w *waiters) besides(object int32, at uint64) bool {
	const block, size = 16, 8 // the lock of a Mutex is in its second half
	if len(w.g.dump.Bytes(int(object))) > block {
		return false
	}
	from := w.g.parent[object]
	if !w.g.isObject(from) {
		return false
	}
	for offset := range w.g.dump.Pointers(int(from)) {
		if p := w.g.dump.Word(w.g.dump.Bytes(int(from)), offset); p <= at && at < p+size {
			return false
		}
	}
	return true
}

// heldByItself reports whether the way to what a goroutine waits for begins in itself.
func (w *waiters) heldByItself(b *blocked, on awaited) bool {
	o, ok := w.g.dump.Find(on.at)
	if !ok || w.g.parent[o] < 0 {
		return false
	}
	r := w.g.root(w.g.way(int32(o))[0])
	return r.goroutine != nil && r.goroutine.ID == b.ID
}
