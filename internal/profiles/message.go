package profiles

import "encoding/binary"

// A message is one of protocol buffers: https://protobuf.dev/programming-guides/encoding.
type message []byte

// The ways in which the values of fields are encoded.
const (
	varint = 0
	length = 2
)

func (m *message) tag(field, way uint64) { *m = binary.AppendUvarint(*m, field<<3|way) }

// number adds a field that is a number.
func (m *message) number(field, value uint64) {
	m.tag(field, varint)
	*m = binary.AppendUvarint(*m, value)
}

// numbers adds a repeated field of numbers.
func (m *message) numbers(field uint64, values []uint64) {
	var packed []byte
	for _, v := range values {
		packed = binary.AppendUvarint(packed, v)
	}
	m.bytes(field, packed)
}

// bytes adds a field that is a string or another message.
func (m *message) bytes(field uint64, value []byte) {
	m.tag(field, length)
	*m = append(binary.AppendUvarint(*m, uint64(len(value))), value...)
}
