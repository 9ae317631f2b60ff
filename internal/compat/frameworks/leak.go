package frameworks

import "os"

var never = make(chan bool)

// Leak leaves a goroutine behind if the tests are to leak.
func Leak() {
	if os.Getenv("FRAMEWORKS") == "leak" {
		go func() { <-never }()
	}
}
