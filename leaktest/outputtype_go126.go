//go:build !go1.27

package leaktest

const errorBegins, errorEnds = "", ""
