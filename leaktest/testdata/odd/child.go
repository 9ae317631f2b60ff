//go:build !alone

package main

import _ "github.com/leakassert/leakassert/leaktest/child"
