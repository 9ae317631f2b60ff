//go:build !go1.28

#include "funcdata.h"
#include "textflag.h"

// The argument is in R0, the closure in R26. The first two words of the frame are for the
// return address and for the argument of what is called.
TEXT run<>(SB), NOSPLIT|WRAPPER|NEEDCTXT, $40-0
	NO_LOCAL_POINTERS
	MOVD R0, 24(RSP)
	MOVD R26, 32(RSP)
	MOVD 8(R26), R26
	MOVD (R26), R1
	CALL (R1)
	MOVD 24(RSP), R0
	MOVD 32(RSP), R26
	MOVD 16(R26), R26
	MOVD (R26), R1
	CALL (R1)
	MOVD 24(RSP), R0
	MOVD 32(RSP), R26
	MOVD 24(R26), R26
	MOVD (R26), R1
	CALL (R1)
	RET

GLOBL ·entry(SB), RODATA, $8
DATA ·entry(SB)/8, $run<>(SB)
