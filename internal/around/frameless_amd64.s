//go:build !go1.28

#include "funcdata.h"
#include "textflag.h"

// The argument is in AX, the closure in DX. The first word of the frame is for the
// argument of what is called.
TEXT run<>(SB), NOSPLIT|WRAPPER|NEEDCTXT, $32-0
	NO_LOCAL_POINTERS
	MOVQ AX, 16(SP)
	MOVQ DX, 24(SP)
	MOVQ 8(DX), DX
	MOVQ (DX), CX
	CALL CX
	MOVQ 16(SP), AX
	MOVQ 24(SP), DX
	MOVQ 16(DX), DX
	MOVQ (DX), CX
	CALL CX
	MOVQ 16(SP), AX
	MOVQ 24(SP), DX
	MOVQ 24(DX), DX
	MOVQ (DX), CX
	CALL CX
	RET

GLOBL ·entry(SB), RODATA, $8
DATA ·entry(SB)/8, $run<>(SB)
