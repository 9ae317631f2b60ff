//go:build go1.27

package leaktest

// errorBegins and errorEnds are around what test2json knows as an error, as the testing package of
// Go 1.27 writes it.
const errorBegins, errorEnds = "\x0f", "\x0e"
