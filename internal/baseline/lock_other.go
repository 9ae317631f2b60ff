//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package baseline

func tryLock(string) (unlock func(), busy bool, err error) { return func() {}, false, nil }
