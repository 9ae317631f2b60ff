package alloctype

import (
	"encoding/binary"
	"slices"

	"golang.org/x/arch/x86/x86asm"
)

// registers holds the registers of the first arguments: see the Go internal ABI specification
// (cmd/compile/abi-internal).
var registers = []x86asm.Reg{x86asm.RAX, x86asm.RBX, x86asm.RCX, x86asm.RDI, x86asm.RSI}

// target returns the address that the call at the end of text calls. It returns 0 if there is no
// call, or if the address is not part of the instruction.
func target(text []byte, end uintptr) uintptr {
	const opcode, length = 0xe8, 5
	if len(text) < length || text[len(text)-length] != opcode {
		return 0
	}
	return end + uintptr(int32(binary.LittleEndian.Uint32(text[len(text)-4:])))
}

// argument returns the address that is in the register of argument n at the call at the end of
// text, 0 if unknown. The code before the call must have put it there.
func argument(text []byte, entry uintptr, n int) uintptr {
	type instruction struct {
		x86asm.Inst
		end int
	}
	var all []instruction
	targets := make(map[int]bool)
	for at := 0; at < len(text); {
		i, err := x86asm.Decode(text[at:], 64)
		if err != nil {
			return 0
		}
		at += i.Len
		all = append(all, instruction{i, at})
		if rel, ok := i.Args[0].(x86asm.Rel); ok {
			targets[at+int(rel)] = true
		}
	}
	if last := len(all) - 1; last < 0 || all[last].Op != x86asm.CALL || all[last].end != len(text) {
		return 0
	}
	// Go back from the call to what wrote the register: no other path may lead in between.
	want := registers[n]
	for _, i := range slices.Backward(all[:len(all)-1]) {
		if targets[i.end] {
			return 0
		}
		to, isReg := i.Args[0].(x86asm.Reg)
		written := isReg && family(to) == want
		switch i.Op {
		case x86asm.CMP, x86asm.TEST, x86asm.NOP:
			continue
		case x86asm.CALL, x86asm.JMP, x86asm.RET:
			return 0
		case x86asm.MUL, x86asm.IMUL, x86asm.DIV, x86asm.IDIV, x86asm.CDQ, x86asm.CQO, x86asm.CPUID, x86asm.XCHG, x86asm.XADD, x86asm.CMPXCHG:
			return 0 // they may also write other registers
		case x86asm.LEA:
			if m, ok := i.Args[1].(x86asm.Mem); ok && written && m.Base == x86asm.RIP && m.Index == 0 {
				return entry + uintptr(i.end) + uintptr(m.Disp)
			}
		case x86asm.MOV:
			if from, ok := i.Args[1].(x86asm.Reg); ok && written && from == family(from) {
				want, written = from, false
			}
		}
		if written {
			return 0
		}
	}
	return 0
}

// family returns the whole register of which r is a part.
func family(r x86asm.Reg) x86asm.Reg {
	switch {
	case r >= x86asm.AL && r <= x86asm.BL:
		return x86asm.RAX + r - x86asm.AL
	case r >= x86asm.SPB && r <= x86asm.R15B:
		return x86asm.RSP + r - x86asm.SPB
	case r >= x86asm.AX && r <= x86asm.R15L: // AX to R15W, EAX to R15L
		return x86asm.RAX + (r-x86asm.AX)%16
	}
	return r
}
