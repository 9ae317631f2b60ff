// Package c has a thread of C that calls a function of Go.
package c

/*
#include <pthread.h>

extern void leakassertBlock(void);

static void *run(void *unused) { leakassertBlock(); return 0; }

static void start(void) {
	pthread_t thread;
	pthread_create(&thread, 0, run, 0);
	pthread_detach(thread);
}
*/
import "C"

var (
	// Entered is closed when the thread is in the Go function.
	Entered = make(chan struct{})
	never   = make(chan struct{})
)

//export leakassertBlock
func leakassertBlock() {
	close(Entered)
	<-never
}

// Start starts the thread, whose call never returns.
func Start() { C.start() }
