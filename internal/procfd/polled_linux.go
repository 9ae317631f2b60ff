package procfd

import (
	"fmt"
	"os"
	"strconv"
)

// Polled returns the data that the epolls of this process have for a descriptor.
func Polled(d FD) (data []uint64) {
	var names []string
	Unseen(func() {
		list, _ := os.ReadDir(directory) // without it, nothing is known to be polled
		for _, e := range list {
			if link, _ := os.Readlink(directory + "/" + e.Name()); link == "anon_inode:[eventpoll]" {
				names = append(names, e.Name())
			}
		}
	})
	for _, name := range names {
		num, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		epoll := FD{Num: num}
		for _, value := range epoll.fdinfo()["tfd"] {
			var target int
			var events, word, ino uint64
			var pos string
			// The number alone may be that of a closed descriptor of which there is a copy.
			if n, _ := fmt.Sscanf(value, "%d events: %x data: %x %s ino:%x", &target, &events, &word, &pos, &ino); n == 5 && target == d.Num && ino == d.Of.Ino {
				data = append(data, word)
			}
		}
	}
	return data
}
