//go:build !386 && !amd64 && !arm64

// A function without a body needs an assembly file in its package.
