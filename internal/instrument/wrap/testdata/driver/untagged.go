package driver

var special = "not special"
