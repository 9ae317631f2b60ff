package alloctype

import (
	"encoding/binary"

	"golang.org/x/arch/x86/x86asm"
)

// registers are those of the first arguments, see the Go internal ABI
// specification (cmd/compile/abi-internal).
var registers = []x86asm.Reg{x86asm.RAX, x86asm.RBX, x86asm.RCX, x86asm.RDI, x86asm.RSI}

// target is the address that the call at the end of text calls; 0 if there is
// none, or it is not part of the instruction.
func target(text []byte, end uintptr) uintptr {
	const opcode, length = 0xe8, 5
	if len(text) < length || text[len(text)-length] != opcode {
		return 0
	}
	return end + uintptr(int32(binary.LittleEndian.Uint32(text[len(text)-4:])))
}

// argument is the address that the code in front of the call that returns to
// the end of text has put into the register of argument n; 0 if it is not known.
func argument(text []byte, entry uintptr, n int) uintptr {
	var instructions []x86asm.Inst
	var starts []int
	targets := make(map[int]bool)
	for at := 0; at < len(text); {
		i, err := x86asm.Decode(text[at:], 64)
		if err != nil {
			return 0
		}
		instructions, starts = append(instructions, i), append(starts, at)
		at += i.Len
		if rel, ok := i.Args[0].(x86asm.Rel); ok {
			targets[at+int(rel)] = true
		}
	}
	last := len(instructions) - 1
	if last < 0 || instructions[last].Op != x86asm.CALL || starts[last]+instructions[last].Len != len(text) {
		return 0
	}
	// From the call on back to what has written the register: no other way may
	// lead in between.
	want := registers[n]
	for at := last - 1; at >= 0 && !targets[starts[at+1]]; at-- {
		i := instructions[at]
		next := entry + uintptr(starts[at]+i.Len)
		to, isReg := i.Args[0].(x86asm.Reg)
		switch {
		case i.Op == x86asm.CALL || i.Op == x86asm.JMP || i.Op == x86asm.RET:
			return 0
		case isReg && family(to) == want && i.Op == x86asm.LEA:
			m, ok := i.Args[1].(x86asm.Mem)
			if !ok || m.Base != x86asm.RIP || m.Index != 0 {
				return 0
			}
			return next + uintptr(m.Disp)
		case isReg && family(to) == want && i.Op == x86asm.MOV:
			from, ok := i.Args[1].(x86asm.Reg)
			if !ok || from != family(from) {
				return 0
			}
			want = from
		case writes(i, want):
			return 0
		}
	}
	return 0
}

// writes reports whether an instruction may write a register in another way than
// those that are followed.
func writes(i x86asm.Inst, r x86asm.Reg) bool {
	switch i.Op {
	case x86asm.CMP, x86asm.TEST, x86asm.NOP:
		return false
	case x86asm.MUL, x86asm.IMUL, x86asm.DIV, x86asm.IDIV, x86asm.CDQ, x86asm.CQO, x86asm.CPUID, x86asm.XCHG, x86asm.XADD, x86asm.CMPXCHG:
		return true
	}
	to, ok := i.Args[0].(x86asm.Reg)
	return ok && family(to) == r
}

// family is the whole register that one is a part of.
func family(r x86asm.Reg) x86asm.Reg {
	switch {
	case r >= x86asm.AL && r <= x86asm.BL:
		return x86asm.RAX + r - x86asm.AL
	case r >= x86asm.SPB && r <= x86asm.R15B:
		return x86asm.RSP + r - x86asm.SPB
	case r >= x86asm.AX && r <= x86asm.R15W:
		return x86asm.RAX + r - x86asm.AX
	case r >= x86asm.EAX && r <= x86asm.R15L:
		return x86asm.RAX + r - x86asm.EAX
	}
	return r
}
