package mapdrive

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPack(t *testing.T) {
	d := driver(newLocked)
	for _, mode := range Modes() {
		for _, s := range d.Scenarios(mode, 5) {
			packed := s.Pack(nil)
			got, err := d.Unpack(append(packed, "what a longer scenario has left"...))
			assert.NoError(t, err)
			assert.Equal(t, s, got)
			for n := 0; n < len(packed); n += 1 + len(packed)/50 {
				_, err := d.Unpack(packed[:n])
				assert.Error(t, err, n)
			}
		}
	}
	for _, op := range []Op{{Kind: Store, Key: d.Keys}, {Kind: Store, Key: -1}, {Kind: Store, Val: d.Vals}, {Kind: Pause + 1}, {Kind: -1}, {Kind: CompareAndSwap, Old: -3}} {
		_, err := d.Unpack(Scenario{Workers: [][]Op{{op}}}.Pack(nil))
		assert.EqualError(t, err, "mapdrive: the scenario is for another map", "%+v", op)
	}
}

func FuzzUnpack(f *testing.F) {
	d := driver(newLocked)
	f.Add(Scenario{Setup: []Op{{Kind: Store}}, Workers: [][]Op{{{Kind: Load}}, {{Kind: Delete}}}, Fresh: true}.Pack(nil))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := d.Unpack(data); err == nil {
			_ = s.Planned().Columns(s, numbers{})
		}
	})
}
