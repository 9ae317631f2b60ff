package alloctype

import (
	"encoding/binary"

	"golang.org/x/arch/arm64/arm64asm"
)

// target is as for amd64.
func target(text []byte, end uintptr) uintptr {
	const length = 4
	if len(text) < length {
		return 0
	}
	w := binary.LittleEndian.Uint32(text[len(text)-length:])
	if w>>26 != 0b100101 {
		return 0
	}
	return end - length + uintptr(int64(int32(w<<6)>>6)*length)
}

// argument is as for amd64. Argument n is in register Rn, and an address takes two instructions,
// ADRP for its page and ADD.
func argument(text []byte, entry uintptr, n int) uintptr {
	const word = 4
	if len(text)%word != 0 || len(text) == 0 {
		return 0
	}
	at := func(i int) uint32 { return binary.LittleEndian.Uint32(text[i*word:]) }
	count := len(text) / word
	targets := make(map[int]bool)
	for i := range count {
		d, err := arm64asm.Decode(text[i*word : (i+1)*word])
		if err != nil {
			continue
		}
		for _, a := range d.Args {
			if rel, ok := a.(arm64asm.PCRel); ok && d.Op != arm64asm.ADRP && d.Op != arm64asm.ADR {
				targets[i+int(rel)/word] = true
			}
		}
	}
	want := uint32(n)
	low, haveLow := uintptr(0), false
	for i := count - 2; i >= 0 && !targets[i+1]; i-- {
		w := at(i)
		rd, rn := w&31, w>>5&31
		switch {
		case w>>26 == 0b100101 || w>>26 == 0b000101 || w>>25 == 0b1101011: // BL, B, BR, BLR, RET
			return 0
		case rd == want && w>>22 == 0b1001000100 && !haveLow: // ADD Rd, Rn, #imm12
			low, haveLow, want = uintptr(w>>10&0xfff), true, rn
		case rd == want && w&0x9f000000 == 0x90000000: // ADRP Rd, page
			if !haveLow {
				return 0
			}
			pages := int64(int32(w>>5<<13)>>13)<<2 | int64(w>>29&3)
			page := (entry + uintptr(i*word)) &^ 0xfff
			return page + uintptr(pages<<12) + low
		case rd == want && w>>21 == 0b10101010000 && w>>5&31 == 31 && w>>10&63 == 0: // MOV Rd, Rm
			want = w >> 16 & 31
		case rd == want && w>>27&7 != 0b101: // not a load or store, which may only read its first register
			return 0
		case rd == want && w>>22&1 == 1: // a load
			return 0
		}
	}
	return 0
}
