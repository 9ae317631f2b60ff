//go:build cgo

package main

/*
#include <unistd.h>
extern void fromC(void);
static void sleepInC(void) { pause(); }
static void callBack(void) { fromC(); }
*/
import "C"

func startCgo() {
	go func() { C.sleepInC() }()
	go func() { C.callBack() }()
}

//export fromC
func fromC() { <-never }
