//go:build linux

#include "textflag.h"

// func keepRunning()
TEXT ·keepRunning(SB), NOSPLIT, $0-0
	MOVQ (TLS), AX    // the g
	MOVQ 0(AX), CX    // its stack.lo
	ADDQ $4096, CX
	MOVQ CX, 16(AX)   // its stackguard0
	RET
