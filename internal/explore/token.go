package explore

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
)

// A Token names one schedule: the seed of the program's chance, and the picks
// at which the schedule differs from the default.
type Token struct {
	Seed    uint64
	Choices []Choice
	Print   uint64 // what the execution's print must be if it is the same
}

// tokenVersion changes when the same token would mean another schedule.
const tokenVersion = 1

// String returns the token as text that needs no quoting.
func (t Token) String() string {
	b := []byte{tokenVersion}
	b = binary.AppendUvarint(b, t.Seed)
	b = binary.LittleEndian.AppendUint64(b, t.Print)
	pick := uint32(0)
	for _, c := range t.Choices {
		b = binary.AppendUvarint(b, uint64(c.Pick-pick))
		b = binary.AppendUvarint(b, uint64(c.Choice))
		pick = c.Pick
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

var errToken = errors.New("explore: this is no token of a schedule: copy all of it from the report")

// ParseToken reads what String has written.
func ParseToken(text string) (Token, error) {
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(b) < 10 {
		return Token{}, errToken
	}
	if b[0] != tokenVersion {
		return Token{}, errors.New("explore: the token is of another version of this library: explore again")
	}
	var t Token
	seed, n := binary.Uvarint(b[1:])
	if n <= 0 || len(b) < 1+n+8 {
		return Token{}, errToken
	}
	b = b[1+n:]
	t.Seed, t.Print = seed, binary.LittleEndian.Uint64(b)
	pick := uint64(0)
	for b = b[8:]; len(b) > 0; {
		delta, n := binary.Uvarint(b)
		if n <= 0 {
			return Token{}, errToken
		}
		choice, m := binary.Uvarint(b[n:])
		pick += delta
		if m <= 0 || choice == 0 || choice > 1<<31 || pick > 1<<31 || delta == 0 && len(t.Choices) > 0 {
			return Token{}, errToken
		}
		t.Choices = append(t.Choices, Choice{Pick: uint32(pick), Choice: uint32(choice)})
		b = b[n+m:]
	}
	return t, nil
}
