package poolprobe_test

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/leakassert/leakassert/internal/faketb"
	"github.com/leakassert/leakassert/internal/poolprobe"
	"github.com/leakassert/leakassert/internal/session"
	"github.com/stretchr/testify/assert"
)

// blocking is a pool whose Close waits until nothing is out.
type blocking struct {
	mu   sync.Mutex
	back sync.Cond
	out  int64
	who  poolprobe.Taken
}

func newBlocking() *blocking {
	p := &blocking{}
	p.back.L = &p.mu
	return p
}

func (p *blocking) Name() string          { return "orders" }
func (p *blocking) Prompt()               {}
func (p *blocking) CloseBlocks()          {}
func (p *blocking) Held() poolprobe.Taken { return p.who }

func (p *blocking) Stats() poolprobe.Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	return poolprobe.Stats{InUse: p.out}
}

func (p *blocking) add(n int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out += n
	p.back.Broadcast()
}

func (p *blocking) take() {
	p.add(1)
	p.who = poolprobe.Taken{{Stack: poolprobe.Here(1)}: 1}
}

func (p *blocking) give() { p.add(-1) }

func (p *blocking) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.out > 0 {
		p.back.Wait()
	}
}

// begin checks a pool until the end of a test, as poolassert.Check does.
func begin(t *faketb.TB, pools ...poolprobe.Pool) {
	r, err := session.New(t, poolprobe.Plan(pools))
	if err != nil {
		t.Errorf("%v", err)
		return
	}
	r.ToEnd("poolassert", func() {})
}

// told is standard error; it calls each with what is written.
type told struct {
	sync.Mutex
	all  strings.Builder
	each func(string)
}

func (w *told) Write(p []byte) (int, error) {
	w.Lock()
	defer w.Unlock()
	w.each(string(p))
	return w.all.Write(p)
}

func (w *told) text() string {
	w.Lock()
	defer w.Unlock()
	return w.all.String()
}

func listen(each func(string)) (w *told, end func()) {
	w = &told{each: each}
	return w, poolprobe.SetStderr(w)
}

// A check that was registered before the pool's Close has its turn only when that
// returns: what is out is told while it waits.
func TestCloseThatWaitsInTheWrongOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBlocking()
		began := time.Now()
		err, end := listen(func(line string) {
			if strings.HasPrefix(line, "    checked out") { // the last line
				assert.Equal(t, poolprobe.Warn, time.Since(began))
				p.give()
			}
		})
		defer end()
		f, _ := faketb.Run("T", func(f *faketb.TB) {
			begin(f, p)
			f.Cleanup(p.Close)
			p.take()
		})
		golden(t, "wrongorder", err.text())
		assert.Empty(t, f.Errors(), "it has come back")
	})
}

// In the right order the check reports before Close waits, on standard error, too:
// what the test says may not be printed before that.
func TestCloseThatWaitsInTheRightOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newBlocking()
		err, end := listen(func(string) {})
		defer end()
		f, _ := faketb.Run("T", func(f *faketb.TB) {
			f.Cleanup(p.Close)
			f.Cleanup(func() {
				assert.Contains(t, f.Errors(), "orders  InUse 0 → 1")
				assert.Contains(t, f.Errors(), "close        the pool's Close waits for what is out")
				p.give()
			})
			begin(f, p)
			p.take()
		})
		golden(t, "rightorder", err.text()+"\n"+f.Errors())
	})
}

// Cleanups that take their time are no reason to say something.
func TestCloseThatDoesNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err, end := listen(func(string) {})
		defer end()
		for _, pause := range []time.Duration{0, poolprobe.Warn - 1, 2 * poolprobe.Warn} {
			p := newBlocking()
			f, _ := faketb.Run("T", func(f *faketb.TB) {
				begin(f, p)
				f.Cleanup(func() { time.Sleep(pause) })
				f.Cleanup(p.Close)
				p.take()
				p.give()
			})
			assert.Empty(t, f.Errors())
		}
		assert.Empty(t, err.text())
	})
}

// Nothing is told when the check has ended.
func TestNothingIsToldAfterTheCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		err, end := listen(func(string) {})
		defer end()
		p := newBlocking()
		faketb.Run("T", func(f *faketb.TB) { begin(f, p) })
		p.take()
		time.Sleep(3 * poolprobe.Warn)
		assert.Empty(t, err.text())
	})
}
