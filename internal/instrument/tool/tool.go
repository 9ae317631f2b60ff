//go:build !leakasserttool

// Package tool is a main package under the build tag leakasserttool: the command for go test -toolexec. Without the tag it is a package like others, which
// another one can import, so that go mod vendor copies it and what it imports.
package tool
