//go:build special

package driver

func init() { special = new(Table).Where() }
