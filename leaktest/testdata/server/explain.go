//go:build explain

package main

import _ "github.com/leakassert/leakassert/leaktest/child/explain"
