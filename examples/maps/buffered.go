package maps

// Buffered is a map that each worker writes to through a buffer of its own, which is
// flushed in batches: the workers meet at the lock once a batch. It promises less
// than the other maps, and so is no [Map]; [View] is.
//
//   - Load, Len and Range see what was flushed, and no more: not even a worker sees what
//     it has just stored, unless it calls Flush.
//   - What one Writer writes arrives in the order in which it was written, and a batch
//     arrives as a whole.
//   - If two Writers write to one key the one that is flushed last wins, which need not
//     be the one that has written last.
//   - What is in the buffer of a Writer is kept alive by it, and lost with it.
//
// Range has the promises of [RWLocked], with the lock held.
type Buffered[K comparable, V any] struct {
	flushed RWLocked[K, V]
}

func (b *Buffered[K, V]) Load(key K) (value V, ok bool) { return b.flushed.Load(key) }

func (b *Buffered[K, V]) Range(f func(key K, value V) bool) { b.flushed.Range(f) }

func (b *Buffered[K, V]) Len() int { return b.flushed.Len() }

// Writer returns a buffer for one worker, which flushes it when it is done.
func (b *Buffered[K, V]) Writer() *Writer[K, V] { return &Writer[K, V]{to: &b.flushed} }

// A Writer is the buffer of one worker: unlike the maps, for one goroutine at a time.
type Writer[K comparable, V any] struct {
	to      *RWLocked[K, V]
	pending []write[K, V]
}

// A write is a Store or a Delete that is put off.
type write[K comparable, V any] struct {
	key     K
	value   V
	deleted bool
}

// batch is how many writes a buffer has before it is flushed without being asked.
const batch = 64

// Store stores a value, for others to see when the buffer is flushed.
func (w *Writer[K, V]) Store(key K, value V) { w.put(write[K, V]{key: key, value: value}) }

// Delete deletes a key, for others to see when the buffer is flushed.
func (w *Writer[K, V]) Delete(key K) { w.put(write[K, V]{key: key, deleted: true}) }

func (w *Writer[K, V]) put(p write[K, V]) {
	if w.pending = append(w.pending, p); len(w.pending) == batch {
		w.Flush()
	}
}

// Flush makes what was written a part of the map.
func (w *Writer[K, V]) Flush() {
	if len(w.pending) == 0 {
		return
	}
	w.to.apply(w.pending)
	clear(w.pending) // or the buffer would keep keys and values that are deleted later
	w.pending = w.pending[:0]
}

func (m *RWLocked[K, V]) apply(writes []write[K, V]) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range writes {
		if w.deleted {
			delete(m.entries, w.key)
		} else {
			m.entries.store(w.key, w.value)
		}
	}
}
